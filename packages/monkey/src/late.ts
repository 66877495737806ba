import Module from "node:module";

const told = new Set<string>();
/** As many names are in a warning. */
const SHOWN = 3;

/**
 * Warns of modules that were loaded before the patch and have kept functions of Node's among their
 * exports, as graceful-fs does: these go on to block. What a module keeps to itself cannot be seen,
 * nor can ES modules, whose imports are live.
 */
export function warnOfKept(replaced: ReadonlySet<unknown>): void {
  for (const [owner, kept] of keptBy(replaced)) {
    if (told.has(owner)) continue;
    told.add(owner);
    const names = kept.slice(0, SHOWN).join(", ") + (kept.length > SHOWN ? " ..." : "");
    process.emitWarning(
      `${owner} was loaded before the patch and has kept functions of Node's, which block: ${names}`,
      {
        type: "GreenlitWarning",
        code: "GREENLIT_LATE_PATCH",
        detail: "  patch first: node --import greenlit/register, or greenlit run",
      },
    );
  }
}

/** Who has kept something, a package or a file, and the names of those exports. */
export function keptBy(replaced: ReadonlySet<unknown>): Map<string, string[]> {
  const { _cache: loaded } = Module as unknown as {
    _cache: Record<string, { readonly exports: unknown } | undefined>;
  };
  const found = new Map<string, string[]>();
  for (const [path, module] of Object.entries(loaded)) {
    const kept = keptIn(module?.exports, replaced);
    const owner = ownerOf(path);
    if (kept.length > 0) found.set(owner, [...new Set([...(found.get(owner) ?? []), ...kept])]);
  }
  return found;
}

/** The names of exports that have been replaced elsewhere. Getters are not touched. */
function keptIn(exports: unknown, replaced: ReadonlySet<unknown>): string[] {
  if ((typeof exports !== "object" && typeof exports !== "function") || exports === null) return [];
  try {
    return Object.entries(Object.getOwnPropertyDescriptors(exports))
      .filter(([, { value }]) => replaced.has(value))
      .map(([name]) => name);
  } catch {
    return []; // a proxy of whatever kind
  }
}

/** The package of a file; the file itself where it is in none. */
function ownerOf(path: string): string {
  return /.*[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/.exec(path)?.[1] ?? path;
}
