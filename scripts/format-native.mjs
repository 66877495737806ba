// Formats the native sources.
//   node format-native.mjs            writes them
//   node format-native.mjs --check    names those that are not formatted, and fails
//
// Each version of clang-format breaks some lines in its own way, so only one is used: Debian 12's.
// Where it is not installed the check is left out, but not in CI.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const VERSION = 14;
const root = fileURLToPath(new URL("../", import.meta.url));
const folders = [
  "switcher/native",
  "switcher/test/native",
  "backend/native",
  "backend/test/native",
].map((folder) => `packages/${folder}`);

const clangFormat = [`clang-format-${VERSION}`, "clang-format"].find((command) =>
  spawnSync(command, ["--version"], { encoding: "utf8" }).stdout?.includes(`version ${VERSION}.`),
);
if (clangFormat === undefined) {
  console.log(`clang-format ${VERSION} is not installed: native sources are not looked at`);
  process.exit(process.env.CI ? 1 : 0);
}

const files = folders.flatMap((folder) =>
  readdirSync(root + folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(h|cc)$/.test(file))
    .map((file) => `${folder}/${file}`),
);
const how = process.argv.includes("--check") ? ["--dry-run", "--Werror"] : ["-i"];
const { status } = spawnSync(clangFormat, [...how, ...files], { cwd: root, stdio: "inherit" });
process.exit(status ?? 1);
