import { spawn } from "greenlit";

const greeting = spawn(() => "hello from a greenlet");
console.log(greeting.get());
