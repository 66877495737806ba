// What there is to measure with: Nodes that greenlit runs on, and peers.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runChild } from "./child.js";

const HERE = fileURLToPath(new URL("..", import.meta.url));
const ROOT = join(HERE, "../..");

/** A Node that greenlit is measured on. */
export interface Node {
  /** "greenlit, Node 20" */
  readonly who: string;
  readonly path: string;
  readonly version: string;
  /** Why greenlit does not run there. */
  readonly missing?: string | undefined;
}

/** A program that loads a server; it prints nothing of its own. */
export interface Tool {
  readonly path: string;
  readonly missing?: string | undefined;
}

/** Another language, or another way in this one. */
export interface Peer {
  readonly who: string;
  readonly version: string;
  readonly command: readonly string[];
  readonly missing?: string | undefined;
}

export interface Peers {
  readonly greenlet: Peer;
  readonly gevent: Peer;
  readonly fiber: Peer;
  readonly goroutine: Peer;
  readonly generator: Peer;
  readonly promise: Peer;
  /** Their servers. */
  readonly geventNet: Peer;
  readonly goNet: Peer;
  readonly nodeNet: Peer;
  /** Crawlers. */
  readonly nodeCrawl: Peer;
  readonly scrapy: Peer;
  readonly crawlee: Peer;
}

/** What loads servers. */
export interface Tools {
  /** What peers/load.c becomes. */
  readonly load: Tool;
  /** peers/tls_load.mjs. */
  readonly tlsLoad: Tool;
  readonly wrk: Tool;
}

/** What the servers show that speak TLS: their key, and its certificate. */
export const CERTIFICATE: readonly [key: string, certificate: string] = [
  join(HERE, "peers/localhost.key"),
  join(HERE, "peers/localhost.pem"),
];

/** Where Crawlee is looked for: it is too much to have among the dependencies. */
const CRAWLEE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "greenlit-bench");

/** The command of one of our programs. */
export function program(node: Node, name: string, ...args: (string | number)[]): string[] {
  const file = join(HERE, `dist/programs/${name}.js`);
  return [node.path, "--expose-gc", file, ...args.map(String)];
}

/**
 * The running Node, and those in `folders`, which hold bin/node and include/node. The switcher is
 * compiled for each, unless its binary is newer than all it is made from: a stale one is never
 * measured.
 */
export function findNodes(folders: readonly string[], progress: (line: string) => void): Node[] {
  const found = new Map([[realpathSync(process.execPath), [process.execPath, [] as string[]]]]);
  for (const folder of folders) {
    const path = join(folder, "bin/node");
    if (!existsSync(path)) throw new Error(`there is no Node in ${folder}: no bin/node`);
    const real = realpathSync(path);
    if (!found.has(real)) found.set(real, [path, ["--node", folder]]);
  }
  return ([...found.values()] as [string, string[]][]).map(([path, args]) => {
    const version = ask(path, ["-p", "process.versions.node"]) ?? "unknown";
    const node = { who: `greenlit, Node ${version.split(".")[0]}`, path, version };
    progress(`compiling the switcher for Node ${version}`);
    try {
      compile(node, args);
      return node;
    } catch (error) {
      return { ...node, missing: (error as Error).message };
    }
  });
}

/** @throws Error when that fails, or another binary is loaded than the one that it files. */
function compile(node: Node, args: readonly string[]): void {
  const require = createRequire(import.meta.url);
  const switcher = dirname(require.resolve("@greenlit/switcher/package.json"));
  const script = join(ROOT, "scripts/build-native.mjs");
  const options = { cwd: switcher, encoding: "utf8" } as const;
  const { status, stderr } = spawnSync(process.execPath, [script, ...args], options);
  if (status !== 0) throw new Error(`compiling the switcher failed: ${stderr.trim().slice(-300)}`);
  const { binary } = runChild(program(node, "open"));
  if (typeof binary !== "string") throw new Error("loads no binary of the switcher");
  if (!binary.startsWith(realpathSync(join(switcher, "prebuilds"))))
    throw new Error(`loads another binary than was compiled: ${binary}`);
}

/** The commit that is measured, and whether files differ from it. */
export function findBuild(): string {
  const git = (...args: string[]): string | null => ask("git", ["-C", ROOT, ...args]);
  const commit = git("rev-parse", "--short=12", "HEAD");
  if (commit === null) return "not of a git checkout";
  const changed = git("status", "--porcelain", "--", "packages", "apps", "scripts") !== "";
  return `commit ${commit}${changed ? " with changes" : ""}, native part compiled from it`;
}

/** What a command prints; null when it fails. */
function ask(command: string, args: readonly string[]): string | null {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

function findCrawlee(): Pick<Peer, "version" | "command" | "missing"> {
  const file = join(CRAWLEE, "node_modules/@crawlee/cheerio/package.json");
  if (!existsSync(file)) {
    const install = "npm install --prefix ~/.cache/greenlit-bench @crawlee/cheerio";
    return { version: "", command: [], missing: `Crawlee is not installed: ${install}` };
  }
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  const command = [process.execPath, join(HERE, "peers/crawlee_crawl.mjs"), CRAWLEE];
  return { version, command };
}

/**
 * Peers whose programs need no more than an interpreter; Go's is compiled into a folder that `done`
 * removes, as is what loads servers.
 */
export function findPeers(progress: (line: string) => void): {
  peers: Peers;
  tools: Tools;
  done: () => void;
} {
  const peer = (name: string): string => join(HERE, "peers", name);
  const python = (
    module: string,
    file = `python_${module}.py`,
  ): Pick<Peer, "version" | "command" | "missing"> => {
    const print = `import platform, ${module}; print(${module}.__version__ + ", Python " + platform.python_version())`;
    // A Python of one's own may come first in the path, and not have Debian's packages.
    for (const path of ["python3", "/usr/bin/python3"]) {
      const version = ask(path, ["-c", print]);
      if (version !== null) return { version, command: [path, peer(file)] };
    }
    return { version: "", command: [], missing: `python3-${module} is not installed` };
  };

  const ruby = ask("ruby", ["-e", "puts RUBY_VERSION"]);
  const go = ask("go", ["env", "GOVERSION"]);
  const folder = mkdtempSync(join(tmpdir(), "greenlit-bench-"));
  const goPeer = (name: string): Pick<Peer, "version" | "command" | "missing"> => {
    const version = go ?? "";
    const binary = join(folder, name);
    if (go === null) return { version, command: [], missing: "golang is not installed" };
    progress(`compiling ${name}.go`);
    if (ask("go", ["build", "-o", binary, peer(`${name}.go`)]) === null)
      return { version, command: [], missing: "go build failed" };
    return { version, command: [binary] };
  };
  const load = join(folder, "load");
  const compiled = ask("gcc", ["-O2", "-o", load, peer("load.c")]) !== null;
  const wrk = ask("sh", ["-c", "command -v wrk"]);
  const node = { version: process.versions.node };
  const run = [process.execPath, "--expose-gc"];
  return {
    done: () => rmSync(folder, { recursive: true, force: true }),
    tools: {
      load: { path: load, missing: compiled ? undefined : "gcc could not compile load.c" },
      tlsLoad: { path: peer("tls_load.mjs") },
      wrk: { path: "wrk", missing: wrk === null ? "wrk is not installed" : undefined },
    },
    peers: {
      greenlet: { who: "python greenlet", ...python("greenlet") },
      gevent: { who: "gevent", ...python("gevent") },
      fiber: {
        who: "Ruby Fiber",
        version: ruby ?? "",
        command: ["ruby", peer("ruby_fiber.rb")],
        missing: ruby === null ? "ruby is not installed" : undefined,
      },
      goroutine: { who: "goroutines", ...goPeer("go_channel") },
      generator: { who: "generators", ...node, command: [...run, peer("node_generator.mjs")] },
      promise: { who: "async/await", ...node, command: [...run, peer("node_promise.mjs")] },
      geventNet: { who: "gevent", ...python("gevent", "python_gevent_net.py") },
      goNet: { who: "Go", ...goPeer("go_net") },
      nodeNet: { who: "Node", ...node, command: [process.execPath, peer("node_net.mjs")] },
      nodeCrawl: {
        who: "Node, undici and htmlparser2",
        ...node,
        command: [process.execPath, peer("node_crawl.mjs")],
      },
      scrapy: { who: "Scrapy", ...python("scrapy") },
      crawlee: { who: "Crawlee", ...findCrawlee() },
    },
  };
}
