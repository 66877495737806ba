// What `npm start`, `npm test` and CI share: a fresh clone becomes a built one.
import { spawnSync } from "node:child_process";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Runs a command in the root folder with its output shown; ends this process if it fails.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnSyncOptions} [options]
 */
export function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    ...options,
  });
  if (status === 0) return;
  if (error) console.error(error.message);
  process.exit(signal === "SIGINT" ? 130 : (status ?? 1));
}

/** Installs the dependencies, unless they are there as the lock file says. */
export function install() {
  const installed = `${root}node_modules/.package-lock.json`;
  const wanted = `${root}package-lock.json`;
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;
  console.error("greenlit: installing dependencies (once) ...");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
}

/**
 * Builds what has changed since the last time: of everything, or of one package and what it needs.
 * @param {string} [filter] the name of that package
 */
export function build(filter) {
  // A native addon fits one platform and one Node; turbo does not look at them, so a file tells it.
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (
    process.report.getReport()
  );
  const libc = header.glibcVersionRuntime ? "glibc" : "other";
  const platform = [process.platform, process.arch, process.versions.modules, libc].join(" ");
  writeFileSync(`${root}.turbo-platform`, `${platform}\n`);
  console.error("greenlit: building ...");
  run(
    process.execPath,
    [
      `${root}node_modules/turbo/bin/turbo`,
      "run",
      "build",
      "--output-logs=errors-only",
      "--no-update-notifier",
      "--ui=stream",
      ...(filter === undefined ? [] : [`--filter=${filter}...`]),
    ],
    {
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1" },
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
}
