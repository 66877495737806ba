// The supported Nodes as an output of a step of a workflow, the oldest first.
import { MAJORS } from "./programs.mjs";

console.log(`majors=${JSON.stringify(MAJORS)}`);
