import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Node's numbers for the interface that a binary is bound to, with the lines that have them. */
const LINES: Readonly<Record<string, string>> = {
  "115": "20",
  "127": "22",
  "137": "24",
  "147": "26",
};

/** What compiles, by the name of its package. */
const COMPILERS =
  "Debian, Ubuntu: apt-get install python3 make g++; Fedora: dnf install python3 make gcc-c++; " +
  "Alpine: apk add python3 make g++; macOS: xcode-select --install; " +
  "Windows: Visual Studio's C++ build tools, and Python";

/** The C library of this process, as names of binaries say it; "" where there is but one. */
function libcOfThis(): string {
  if (process.platform !== "linux") return "";
  if (process.env["LIBC"]) return process.env["LIBC"]; // node-gyp-build obeys it too
  const report = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime === undefined ? "musl" : "glibc";
}

/** What a package has binaries for, one platform a line. */
function listBinaries(folder: string): string[] {
  const list = (path: string): string[] => {
    try {
      return readdirSync(path).sort();
    } catch {
      return [];
    }
  };
  const prebuilds = join(folder, "prebuilds");
  return list(prebuilds).map((platform) => {
    const kinds = new Map<string, string[]>();
    for (const name of list(join(prebuilds, platform))) {
      const tags = name.split(".");
      const abi = tags.find((tag) => tag.startsWith("abi"))?.slice("abi".length);
      const libc = tags.find((tag) => tag === "glibc" || tag === "musl") ?? "";
      const line = abi === undefined ? "any Node" : (LINES[abi] ?? `ABI ${abi}`);
      kinds.set(libc, [...(kinds.get(libc) ?? []), line]);
    }
    const parts = [...kinds].map(([libc, lines]) => `${libc} ${listLines(lines)}`.trim());
    return `${platform.replace("-", " ")} ${parts.join("; ")}`;
  });
}

function listLines(lines: readonly string[]): string {
  const nodes = lines.filter((line) => line !== "any Node");
  return nodes.length === 0 ? "any Node" : `Node ${nodes.join(", ")}`;
}

/**
 * Which platform a package has no binary for, which it has, and what to do; in lines. It reads the
 * package's folder only, so it can be said where nothing of greenlit can be loaded.
 * @param folder of the package whose native part is missing
 */
export function tellOfMissingBinary(folder: string): string {
  const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    name: string;
  };
  const { platform, arch, version } = process;
  const libc = libcOfThis();
  const held = listBinaries(folder);
  return [
    `greenlit has no native part for Node ${version} on ${platform} ${arch}` +
      `${libc === "" ? "" : ` (${libc})`}.`,
    held.length === 0
      ? `  ${name} holds no binaries at all.`
      : `  ${name} holds binaries for: ${held.join("; ")}.`,
    "  Elsewhere it is compiled when the package is installed, which needs Python 3, make and a " +
      "C++ compiler.",
    "  What to do: use a Node and a platform of that list; or install a compiler, then run " +
      `\`npm rebuild ${name}\`.`,
    `  ${COMPILERS}.`,
  ].join("\n");
}
