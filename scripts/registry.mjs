// A registry of npm packages on this machine, for what is not published yet: our packages are its
// own, all others it passes on from the registry that npm uses here. Listens on loopback only.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "./workspace.mjs";

/** The newest that runs on Node 20. */
const VERDACCIO = "6.5.0";
const STARTS_WITHIN = 120_000;

/** The program: a package, kept once fetched. */
function fetchVerdaccio() {
  const prefix = join(root, ".cache/verdaccio");
  const home = join(prefix, "node_modules/verdaccio");
  const held = existsSync(join(home, "package.json"))
    ? JSON.parse(readFileSync(join(home, "package.json"), "utf8")).version
    : null;
  if (held !== VERDACCIO) {
    console.error("greenlit: fetching a registry (once) ...");
    mkdirSync(prefix, { recursive: true });
    // One of its packages asks for a tag of node-fetch, which not every registry has kept: this is
    // the version that has it.
    const manifest = {
      private: true,
      dependencies: { verdaccio: VERDACCIO },
      overrides: { "node-fetch": "2.6.7" },
    };
    writeFileSync(join(prefix, "package.json"), JSON.stringify(manifest));
    const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
    execFileSync("npm", ["install", "--prefix", prefix, ...quiet], {
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
  return join(home, "bin/verdaccio");
}

/** @returns {Promise<number>} a port that nobody listens on */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/**
 * Starts one that keeps what it has in a folder.
 * @param {string} folder
 * @param {object} [options]
 * @param {number} [options.port] default: a free one
 * @param {string} [options.refuses] a package that nobody may publish
 */
export async function startRegistry(folder, { port, refuses } = {}) {
  const program = fetchVerdaccio();
  const at = port ?? (await freePort());
  const url = `http://127.0.0.1:${at}/`;
  const upstream = execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim();
  const own = { access: "$all", publish: "$all" };
  const config = {
    storage: join(folder, "storage"),
    auth: { htpasswd: { file: join(folder, "htpasswd"), max_users: -1 } },
    uplinks: { upstream: { url: upstream, timeout: "60s", maxage: "30m", max_fails: 100 } },
    packages: {
      ...(refuses === undefined ? {} : { [refuses]: { access: "$all", publish: "nobody" } }),
      "@greenlit/*": own,
      greenlit: own,
      "**": { access: "$all", proxy: "upstream" },
    },
    max_body_size: "64mb",
    web: { enable: false },
    log: { type: "stdout", format: "json", level: "warn" },
  };
  mkdirSync(folder, { recursive: true });
  // YAML holds JSON.
  writeFileSync(join(folder, "config.yaml"), JSON.stringify(config, null, 2));
  const log = openSync(join(folder, "registry.log"), "a");
  const child = spawn(
    process.execPath,
    [program, "--config", join(folder, "config.yaml"), "--listen", `127.0.0.1:${at}`],
    { stdio: ["ignore", log, log], cwd: folder },
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill();
    await ended;
  };
  for (const start = performance.now(); ; await sleep(100)) {
    const answer = await fetch(`${url}-/ping`).catch(() => null);
    if (answer?.ok) return { url, port: at, stop };
    if (child.exitCode === null && performance.now() - start < STARTS_WITHIN) continue;
    child.kill();
    throw new Error(`the registry did not start:\n${readFileSync(join(folder, "registry.log"))}`);
  }
}
