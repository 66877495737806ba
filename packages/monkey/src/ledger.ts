/** One property the patch has replaced or added. */
interface Entry {
  /** The module as users name it, without `node:`; "globalThis" for globals. */
  readonly module: string;
  /** The path of the property in the module, as "Socket.prototype.readSync". */
  readonly name: string;
  readonly target: object;
  readonly key: string;
  /** What was there; undefined when nothing was. */
  readonly before: PropertyDescriptor | undefined;
  readonly value: unknown;
}

/**
 * Everything the patch has changed, so that it can be asked for and undone. There is one per thread, shared by all copies of this
 * package that are loaded: two would take each other's functions for Node's.
 */
export class Ledger {
  readonly #entries = new Map<string, Entry>();

  /**
   * Puts `value` into `target[key]`, with the attributes of what was there. An added property is enumerable, writable and
   * configurable, as Node's functions are. Does nothing when the ledger has that property already.
   */
  put(module: string, name: string, target: object, value: unknown): void {
    const id = `${module}\n${name}`;
    if (this.#entries.has(id)) return;
    const key = name.slice(name.lastIndexOf(".") + 1);
    const before = Object.getOwnPropertyDescriptor(target, key);
    const { enumerable = true, configurable = true } = before ?? {};
    Object.defineProperty(target, key, { value, writable: true, enumerable, configurable });
    this.#entries.set(id, { module, name, target, key, before, value });
  }

  /** The entry of one property; without a name, any of the module. */
  find(module: string, name?: string): { readonly before: unknown } | undefined {
    const bare = module.replace(/^node:/, "");
    for (const entry of this.#entries.values()) {
      if (entry.module === bare && (name === undefined || entry.name === name)) {
        return { before: entry.before?.value };
      }
    }
    return undefined;
  }

  /**
   * Puts back what was there, last change first. A property somebody else has changed since stays theirs: they may
   * call ours, which goes on to work.
   */
  restore(): void {
    for (const { target, key, before, value } of [...this.#entries.values()].reverse()) {
      if (Object.getOwnPropertyDescriptor(target, key)?.value !== value) continue;
      if (before === undefined) Reflect.deleteProperty(target, key);
      else Object.defineProperty(target, key, before);
    }
    this.#entries.clear();
  }
}

const shared = globalThis as { [key: symbol]: Ledger | undefined };

/** The ledger of this thread. */
export const ledger: Ledger = (shared[Symbol.for("greenlit.monkey.ledger.v1")] ??= new Ledger());
