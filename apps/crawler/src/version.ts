import { readFileSync } from "node:fs";

const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");

/** Of this package: what servers are told, and `--version` says. */
export const VERSION: string = (JSON.parse(manifest) as { version: string }).version;
