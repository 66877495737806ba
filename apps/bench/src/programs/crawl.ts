// `crawl CONCURRENCY PAGES [CORE]`: runs the demo site, on a core of its own where one is named,
// and the crawler beside it. Prints what the crawler prints.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const [concurrency, pages, core] = process.argv.slice(2) as [string, string, string | undefined];
const require = createRequire(import.meta.url);
const crawler = join(dirname(require.resolve("@greenlit/crawler/package.json")), "dist");

const serve = [process.execPath, join(crawler, "demo-site/main.js")];
const [file, ...args] = core === undefined ? serve : ["taskset", "-c", core, ...serve];
const site = spawn(file as string, args, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
site.once("exit", (code) => {
  throw new Error(`the demo site ended with ${code}`);
});
const [{ seed }] = (await once(site, "message")) as [{ seed: string }];

// As `--demo` has it, but for who runs the site.
const demo = [seed, "--no-job", "--scope", "any", "--allow-private", "--per-host", "50"];
const size = ["--concurrency", concurrency, "--max-pages", pages];
const command = [join(crawler, "main.js"), ...demo, ...size, "--json", "--quiet"];
const { status } = spawnSync(process.execPath, command, {
  stdio: ["ignore", "inherit", "inherit"],
});
site.removeAllListeners("exit");
site.kill("SIGKILL");
process.exitCode = status ?? 1;
