#!/usr/bin/env node
import { run } from "greenlit";
import { main } from "./cli.js";

process.exitCode = await run(main, process.argv.slice(2));
