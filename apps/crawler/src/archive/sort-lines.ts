import { Spool } from "./spool.js";

/** Characters that are sorted in memory. */
const IN_MEMORY = 32 * 1024 * 1024;
/** Characters put aside at once. */
const PIECE = 256 * 1024;

/**
 * Lines in the order of their bytes, as `LC_ALL=C sort` has them; however many there are, it takes
 * some dozen megabytes. They must be ASCII, without line feeds.
 *
 * @param folder where they are put aside
 */
export function* sortLines(
  lines: Iterable<string>,
  folder: string,
  inMemory: number = IN_MEMORY,
): Generator<string, void, undefined> {
  const runs: Spool[] = [];
  try {
    let run: string[] = [];
    let size = 0;
    for (const line of lines) {
      run.push(line);
      size += line.length + 1;
      if (size < inMemory) continue;
      runs.push(putAside(run.sort(compare), folder));
      run = [];
      size = 0;
    }
    yield* merge([...runs.map(readBack), run.sort(compare).values()]);
  } finally {
    for (const run of runs) run.close();
  }
}

/** What `sort` does by default, but for strings only: no calls of toString. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The sources are few, so that looking at all of them for each line is no loss. */
function* merge(sources: readonly Iterator<string, void>[]): Generator<string, void, undefined> {
  const heads = sources.map((source) => source.next().value ?? null);
  for (;;) {
    let first = -1;
    for (const [i, head] of heads.entries())
      if (head !== null && (first < 0 || head < heads[first]!)) first = i;
    if (first < 0) return;
    yield heads[first]!;
    heads[first] = sources[first]!.next().value ?? null;
  }
}

function putAside(lines: readonly string[], folder: string): Spool {
  const spool = new Spool(folder);
  let piece = "";
  for (const line of lines) {
    piece += `${line}\n`;
    if (piece.length < PIECE) continue;
    spool.write(Buffer.from(piece, "latin1"));
    piece = "";
  }
  spool.write(Buffer.from(piece, "latin1"));
  return spool;
}

function* readBack(spool: Spool): Generator<string, void, undefined> {
  let begun = "";
  for (const piece of spool.read()) {
    const lines = (begun + piece.toString("latin1")).split("\n");
    begun = lines.pop()!;
    yield* lines;
  }
}
