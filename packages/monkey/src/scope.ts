import { AsyncLocalStorage } from "node:async_hooks";

/** Where the functions that were replaced together are cooperative. */
export class Scope {
  /** In all greenlets; else only inside `patched(fn)`. */
  everywhere: boolean;
  /** What Node had there, or who came before. */
  readonly replaced: Set<object> = new Set();

  constructor(everywhere: boolean) {
    this.everywhere = everywhere;
  }

  /** Whether the calls that are made now are to be cooperative. */
  get holds(): boolean {
    return this.everywhere || inside.getStore()?.has(this) === true;
  }
}

/** Greenlets have the store of whoever has spawned them. */
const inside = new AsyncLocalStorage<ReadonlySet<Scope>>();

let current = new Scope(true);

/** The scope of what is replaced now. */
export function scopeNow(): Scope {
  return current;
}

/** Calls `replace`; what it replaces belongs to `scope`. */
export function replacingIn(scope: Scope, replace: () => void): void {
  const before = current;
  current = scope;
  try {
    replace();
  } finally {
    current = before;
  }
}

/** Calls `fn` with these scopes open, also for what it spawns. */
export function runInside<T>(scopes: Iterable<Scope>, fn: () => T): T {
  return inside.run(new Set([...(inside.getStore() ?? []), ...scopes]), fn);
}
