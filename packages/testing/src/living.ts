import { dump, getHub, type Greenlet, type GreenletDump } from "@greenlit/core";

/** The living greenlets that are not in `known`. */
export function others(known: ReadonlySet<Greenlet>): Greenlet[] {
  return getHub()
    .greenlets()
    .filter((greenlet) => !known.has(greenlet));
}

/**
 * A line for each: name, what it waits for, where it was spawned, and its stack below. Only on the
 * hub.
 */
export function describe(greenlets: readonly Greenlet[]): string[] {
  const found = new Map<number, GreenletDump>();
  const walk = (dumps: readonly GreenletDump[]): void => {
    for (const one of dumps) {
      found.set(one.id, one);
      walk(one.children);
    }
  };
  walk(dump());
  return greenlets.map(({ id, name, spawnSite }) => {
    const { state, waitsFor, stack } = found.get(id) ?? {
      state: "gone",
      waitsFor: null,
      stack: [],
    };
    const what = waitsFor === null ? `is ${state}` : `waits in ${waitsFor}`;
    const site = spawnSite === "" ? "where it was spawned is not recorded" : `spawned ${spawnSite}`;
    return [`greenlet "${name}" ${what}, ${site}`, ...stack.map((frame) => `    ${frame}`)].join(
      "\n",
    );
  });
}
