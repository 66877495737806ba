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
  const { _cache: loaded } = Module as unknown as {
    _cache: Record<string, { readonly exports: unknown } | undefined>;
  };
  for (const [path, module] of Object.entries(loaded)) {
    const owner = ownerOf(path);
    if (told.has(owner)) continue;
    const kept = keptIn(module?.exports, replaced);
    if (kept.length === 0) continue;
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
