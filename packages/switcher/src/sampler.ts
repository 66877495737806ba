import { type Binding, loadBinding } from "./binding.js";

/** A profile as `.cpuprofile` files hold it: Chrome's DevTools, VS Code and speedscope open it. */
export interface CpuProfile {
  /** Times are in microseconds. */
  readonly startTime: number;
  readonly endTime: number;
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly scriptId: string;
      readonly url: string;
      /** Both from 0. */
      readonly lineNumber: number;
      readonly columnNumber: number;
    };
    readonly hitCount: number;
    readonly children: readonly number[];
  }[];
  /** Ids of nodes. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const ROOT = 1;
const OUTSIDE = 2;
const FIRST = 3;
const FIELDS = 6;

/**
 * Samples all that this thread runs, greenlets and other code, under every driver. Under `direct`
 * the flag `--cpu-prof` and the inspector's profiler do the same and cost less; under other drivers
 * these see no greenlet.
 *
 * Samples are taken where V8 looks for interrupts: at calls and at the ends of loops. Time outside
 * JavaScript is `(program)`.
 * @returns a function that ends the sampling and returns the profile.
 * @throws RangeError for an interval out of range; Error if a sampler runs already in this thread.
 */
export function startSampler({
  interval = 1,
}: {
  /** Milliseconds between samples, from 0.1. */
  interval?: number;
} = {}): () => CpuProfile {
  if (!(interval >= 0.1 && interval <= 60_000)) {
    throw new RangeError(
      `interval must be a number of milliseconds from 0.1 to 60000, not ${interval}`,
    );
  }
  const binding = loadBinding();
  const startTime = performance.now() * 1000;
  if (!binding.startSampler(interval * 1000)) {
    throw new Error("the sampler runs already, or the system gives no thread for it");
  }
  let profile: CpuProfile | null = null;
  return () => (profile ??= toCpuProfile(startTime, binding.stopSampler()));
}

function toCpuProfile(
  startTime: number,
  { nodes: flat, samples, deltas }: ReturnType<Binding["stopSampler"]>,
): CpuProfile {
  const node = (id: number, callFrame: CpuProfile["nodes"][number]["callFrame"]) => ({
    id,
    callFrame,
    hitCount: 0,
    children: [] as number[],
  });
  const inner = (functionName: string) => ({
    functionName,
    scriptId: "0",
    url: "",
    lineNumber: -1,
    columnNumber: -1,
  });
  const nodes = [node(ROOT, inner("(root)")), node(OUTSIDE, inner("(program)"))];
  nodes[0]?.children.push(OUTSIDE);
  for (let i = 0; i < flat.length; i += FIELDS) {
    const [parent, functionName, url, scriptId, line, column] = flat.slice(i, i + FIELDS) as [
      number,
      string,
      string,
      number,
      number,
      number,
    ];
    const id = nodes.length + 1;
    nodes.push(
      node(id, {
        functionName,
        scriptId: String(scriptId),
        url,
        lineNumber: line - 1,
        columnNumber: column - 1,
      }),
    );
    nodes[parent < 0 ? 0 : parent + FIRST - 1]?.children.push(id);
  }
  const ids = samples.map((sample) => (sample < 0 ? OUTSIDE : sample + FIRST));
  for (const id of ids) (nodes[id - 1] as { hitCount: number }).hitCount++;
  const endTime = startTime + deltas.reduce((sum, delta) => sum + delta, 0);
  return { startTime, endTime, nodes, samples: ids, timeDeltas: deltas };
}
