// Run by `greenlit doctor --patched` in a child process: `before` or `after`, and packages that are
// loaded before or after the patch. Writes what comes of it to descriptor 3: packages may print.
import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { listKept, listPatched, patchAll } from "@greenlit/monkey";
import type { Probed } from "./doctor-patched.js";

const [order, ...packages] = process.argv.slice(2);
const require = createRequire(join(process.cwd(), "index.js"));
const problems: string[] = [];
const wrapped: Record<string, string[]> = {};

if (order === "after") patchAll();
for (const name of packages) {
  const before = new Set(wrappedNow());
  try {
    await load(name);
  } catch (error) {
    problems.push(`${name} cannot be loaded: ${(error as Error).message.split("\n")[0]}`);
  }
  const now = wrappedNow().filter((one) => !before.has(one));
  if (now.length > 0) wrapped[name] = now;
}
if (order === "before") patchAll();

const probed: Probed = { patched: listPatched(), kept: listKept(), wrapped, problems };
writeSync(3, JSON.stringify(probed));
process.exit(0); // whatever the packages have begun

async function load(name: string): Promise<void> {
  const path = require.resolve(name);
  try {
    require(path);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["ERR_REQUIRE_ESM", "ERR_REQUIRE_ASYNC_MODULE"].includes(code)) throw error;
    await import(pathToFileURL(path).href);
  }
}

function wrappedNow(): string[] {
  return listPatched()
    .filter((one) => one.wrapped)
    .map(({ module, name }) => `${module}.${name}`);
}
