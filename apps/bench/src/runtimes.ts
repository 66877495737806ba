// What there is to measure with: Nodes that greenlit runs on, and peers.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
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
}

/** The command of one of our programs. */
export function program(node: Node, name: string, ...args: (string | number)[]): string[] {
  const file = join(HERE, `dist/programs/${name}.js`);
  return [node.path, "--expose-gc", file, ...args.map(String)];
}

/** The running Node, and those in `folders`, which hold bin/node and include/node. */
export function findNodes(folders: readonly string[], progress: (line: string) => void): Node[] {
  const nodes = [open(process.execPath)];
  for (const folder of folders) {
    const path = join(folder, "bin/node");
    if (!existsSync(path)) throw new Error(`there is no Node in ${folder}: no bin/node`);
    if (nodes.some((node) => realpathSync(node.path) === realpathSync(path))) continue;
    compile(path, folder, progress);
    nodes.push(open(path));
  }
  return nodes;
}

function open(path: string): Node {
  const version = ask(path, ["-p", "process.versions.node"]) ?? "unknown";
  const node = { who: `greenlit, Node ${version.split(".")[0]}`, path, version };
  try {
    runChild(program(node, "open"));
    return node;
  } catch (error) {
    return { ...node, missing: (error as Error).message };
  }
}

/** Builds the switcher for another Node, unless its binary is newer than all it is made of. */
function compile(path: string, folder: string, progress: (line: string) => void): void {
  const require = createRequire(import.meta.url);
  const switcher = dirname(require.resolve("@greenlit/switcher/package.json"));
  const abi = ask(path, ["-p", "process.versions.modules"]);
  const prebuilds = join(switcher, `prebuilds/${process.platform}-${process.arch}`);
  const changed = (files: string[]): number[] => files.map((file) => statSync(file).mtimeMs);
  const within = (folder: string): string[] =>
    existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  const binary = within(prebuilds).filter((file) => file.includes(`.abi${abi}.`));
  if (Math.max(0, ...changed(binary)) > Math.max(...changed(within(join(switcher, "native")))))
    return;
  progress(`compiling the switcher for ${folder}`);
  const script = join(ROOT, "scripts/build-native.mjs");
  execFileSync(process.execPath, [script, "--node", folder], { cwd: switcher, stdio: "ignore" });
}

/** What a command prints; null when it fails. */
function ask(command: string, args: readonly string[]): string | null {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

/** Peers whose programs need no more than an interpreter; Go's is compiled into a folder that `done` removes. */
export function findPeers(progress: (line: string) => void): { peers: Peers; done: () => void } {
  const peer = (name: string): string => join(HERE, "peers", name);
  const python = (module: string): Pick<Peer, "version" | "command" | "missing"> => {
    const print = `import platform, ${module}; print(${module}.__version__ + ", Python " + platform.python_version())`;
    // A Python of one's own may come first in the path, and not have Debian's packages.
    for (const path of ["python3", "/usr/bin/python3"]) {
      const version = ask(path, ["-c", print]);
      if (version !== null) return { version, command: [path, peer(`python_${module}.py`)] };
    }
    return { version: "", command: [], missing: `python3-${module} is not installed` };
  };

  const ruby = ask("ruby", ["-e", "puts RUBY_VERSION"]);
  const go = ask("go", ["env", "GOVERSION"]);
  const folder = mkdtempSync(join(tmpdir(), "greenlit-bench-"));
  const binary = join(folder, "go_channel");
  let goMissing = go === null ? "golang is not installed" : undefined;
  if (go !== null) {
    progress("compiling the Go program");
    if (ask("go", ["build", "-o", binary, peer("go_channel.go")]) === null)
      goMissing = "go build failed";
  }
  const node = { version: process.versions.node };
  const run = [process.execPath, "--expose-gc"];
  return {
    done: () => rmSync(folder, { recursive: true, force: true }),
    peers: {
      greenlet: { who: "python greenlet", ...python("greenlet") },
      gevent: { who: "gevent", ...python("gevent") },
      fiber: {
        who: "Ruby Fiber",
        version: ruby ?? "",
        command: ["ruby", peer("ruby_fiber.rb")],
        missing: ruby === null ? "ruby is not installed" : undefined,
      },
      goroutine: {
        who: "goroutines",
        version: go ?? "",
        command: [binary],
        missing: goMissing,
      },
      generator: { who: "generators", ...node, command: [...run, peer("node_generator.mjs")] },
      promise: { who: "async/await", ...node, command: [...run, peer("node_promise.mjs")] },
    },
  };
}
