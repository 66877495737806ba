/** One property of Node's that greenlit has replaced or added. */
interface Entry {
  /**
   * Whose it is: "core" for what greenlets need as long as there are any, "patch" for what users
   * ask for.
   */
  readonly owner: Owner;
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

type Owner = "core" | "patch";

/** What there is to tell of an entry. */
export interface Listed extends Pick<Entry, "owner" | "module" | "name" | "value"> {
  /** What was there; undefined when nothing was. */
  readonly before: unknown;
  /** Whether nobody else has put something there since. */
  readonly inPlace: boolean;
}

/**
 * Everything that greenlit has changed in Node, so that it can be asked for, and the patch undone.
 * There is one in each realm, shared by all copies that are loaded: two would take each other's
 * functions for Node's.
 */
export class Ledger {
  private readonly entries: Entry[] = [];

  /**
   * Puts `value` into `target[key]`, with the attributes of what was there. An added property is
   * enumerable, as Node's functions in modules are, except of the global object; writable and
   * configurable. Does nothing when this owner has that property already.
   */
  put(owner: Owner, module: string, name: string, target: object, value: unknown): void {
    if (this.entries.some((e) => e.owner === owner && e.module === module && e.name === name))
      return;
    const key = name.slice(name.lastIndexOf(".") + 1);
    const before = Object.getOwnPropertyDescriptor(target, key);
    const { enumerable = target !== globalThis, configurable = true } = before ?? {};
    Object.defineProperty(target, key, { value, writable: true, enumerable, configurable });
    this.entries.push({ owner, module, name, target, key, before, value });
  }

  /**
   * The oldest entry of one property: `before` is then Node's own. Without a name, any of the
   * module.
   * @param owner whose; default: anybody's.
   */
  find(module: string, name?: string, owner?: Owner): { readonly before: unknown } | undefined {
    const bare = module.replace(/^node:/, "");
    const entry = this.entries.find(
      (e) =>
        e.module === bare &&
        (name === undefined || e.name === name) &&
        (owner === undefined || e.owner === owner),
    );
    return entry && { before: entry.before?.value };
  }

  /** All that is replaced or added now, oldest first. */
  list(): Listed[] {
    return this.entries.map(({ owner, module, name, target, key, before, value }) => {
      const now: unknown = Object.getOwnPropertyDescriptor(target, key)?.value;
      // Core and the patch may have the same one.
      const inPlace = this.entries.some(
        (e) => e.target === target && e.key === key && e.value === now,
      );
      return { owner, module, name, before: before?.value, value, inPlace };
    });
  }

  /**
   * Puts back what was there before the patch, last change first. A property that somebody else has
   * changed since stays theirs: they may call ours, which goes on to work.
   */
  unpatch(): void {
    for (const { owner, target, key, before, value } of this.entries.toReversed()) {
      if (owner !== "patch") continue;
      if (Object.getOwnPropertyDescriptor(target, key)?.value !== value) continue;
      if (before === undefined) Reflect.deleteProperty(target, key);
      else Object.defineProperty(target, key, before);
    }
    const kept = this.entries.filter(({ owner }) => owner !== "patch");
    this.entries.splice(0, Infinity, ...kept);
  }
}

const shared = globalThis as { [key: symbol]: Ledger | undefined };

/** The ledger of this realm. */
export const ledger: Ledger = (shared[Symbol.for("greenlit.ledger.v1")] ??= new Ledger());
