import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Kept, PatchedFunction } from "@greenlit/monkey";

/** What `greenlit doctor --patched` finds out. */
export interface PatchReport {
  readonly node: string;
  /** Before any package is loaded. */
  readonly patched: readonly PatchedFunction[];
  /** Functions that packages wrap which are loaded after the patch, as "fs.rename". */
  readonly wrapped: Readonly<Record<string, readonly string[]>>;
  /** Functions that packages keep which are loaded before the patch. */
  readonly kept: readonly Kept[];
  /** What kept it from finding out more, in words. */
  readonly problems: readonly string[];
}

/** What a probe tells. */
export type Probed = Omit<PatchReport, "node">;

/**
 * Patches Node in child processes: in one before the packages are loaded, as `greenlit run` does,
 * and in one after that.
 * @param packages as programs in the current folder name them.
 */
export function inspectPatch(packages: readonly string[]): PatchReport {
  const after = probe("after", packages);
  const before = packages.length === 0 ? NOTHING : probe("before", packages);
  const { patched, wrapped, problems } = after;
  return {
    node: process.version,
    patched,
    wrapped,
    kept: before.kept,
    problems: [...new Set([...problems, ...before.problems])],
  };
}

const NOTHING: Probed = { patched: [], wrapped: {}, kept: [], problems: [] };

function probe(order: "before" | "after", packages: readonly string[]): Probed {
  const program = fileURLToPath(new URL("doctor-patched-probe.js", import.meta.url));
  const { output, stderr, status, signal } = spawnSync(
    process.execPath,
    [program, order, ...packages],
    {
      encoding: "utf8",
      stdio: ["ignore", "ignore", "pipe", "pipe"],
      env: { ...process.env, NODE_NO_WARNINGS: "1" },
      timeout: 60_000,
    },
  );
  const told = output?.[3];
  if (told) return JSON.parse(told) as Probed;
  const end = `the probe ended with ${signal ?? `exit code ${status}`}`;
  return { ...NOTHING, problems: [`${end}\n${stderr ?? ""}`.trim()] };
}

/** The report in words. */
export function formatPatch({ node, patched, wrapped, kept, problems }: PatchReport): string {
  const part = (title: string, one: (row: PatchedFunction) => boolean): string[] => {
    const rows = patched.filter(one);
    return rows.length === 0 ? [] : [`${title}: ${rows.length}`, ...byModule(rows)];
  };
  return [
    `node      ${node}`,
    ...part("replaced by the patch", ({ by, how }) => by === "patch" && how === "replaced"),
    ...part("added by the patch", ({ by, how }) => by === "patch" && how === "added"),
    ...part("replaced for greenlets, with the patch or without", ({ by }) => by === "core"),
    ...Object.entries(wrapped).map(
      ([name, names]) => `wrapped   by ${name}, loaded after the patch: ${names.join(", ")}`,
    ),
    ...kept.map(
      ({ owner, names }) =>
        `kept      by ${owner}, if loaded before the patch; these block: ${names.join(", ")}`,
    ),
    ...problems.map((problem) => `problem   ${problem.replaceAll("\n", "\n          ")}`),
  ].join("\n");
}

function byModule(rows: readonly PatchedFunction[]): string[] {
  const modules = new Map<string, string[]>();
  for (const { module, name } of rows) {
    const names = modules.get(module);
    if (names === undefined) modules.set(module, [name]);
    else names.push(name);
  }
  const width = Math.max(...[...modules.keys()].map((module) => module.length));
  return [...modules].map(([module, names]) => `  ${module.padEnd(width)}  ${names.join(", ")}`);
}
