// Calls made twice: plainly, with Node's own functions, and in a greenlet with the patched ones.
// Both must give the same, to the letter.
import { run } from "@greenlit/core";
import { expect, it } from "vitest";
import { original, patchAll, unpatchAll } from "../src/index.js";

/** A title, and a call that makes use of the module it is given. */
export type Row<Module> = readonly [title: string, call: (module: Module) => unknown];

/** Puts something in the place of what differs from call to call, as process ids do. */
type Mask = (key: string, value: unknown) => unknown;

/**
 * A test for each row.
 * @param name of the module, as "zlib".
 * @param prefix what stands before the names of its functions in the ledger.
 */
export function itIsAsNodes<Module extends object>(
  name: string,
  module: Module,
  rows: readonly Row<Module>[],
  mask: Mask = (_, value) => value,
  prefix = "",
): void {
  const plain = new Proxy(module, { get: (_, key) => original(name, prefix + String(key)) });
  it.each(rows)("%s", async (_, call) => {
    patchAll();
    try {
      const expected = outcome(() => call(plain), mask);
      const actual = await run(() => outcome(() => call(module), mask));
      expect(actual).toEqual(expected);
    } finally {
      unpatchAll();
    }
  });
}

function outcome(call: () => unknown, mask: Mask): unknown {
  let result: [how: string, value: unknown];
  try {
    result = ["returns", call()];
  } catch (error) {
    result = ["throws", error];
  }
  return seen(result, mask);
}

/** All that a program can see of a value, apart from where an error was thrown. */
function seen(value: unknown, mask: Mask): unknown {
  const known = new Map<object, string>();
  const look = (key: string, value: unknown, path: string): unknown => {
    const shown = mask(key, value);
    if (shown === null || (typeof shown !== "object" && typeof shown !== "function")) return shown;
    const before = known.get(shown);
    if (before !== undefined) return `as ${before}`;
    known.set(shown, path);
    const type = Object.getPrototypeOf(shown)?.constructor.name ?? "no prototype";
    if (ArrayBuffer.isView(shown) || shown instanceof ArrayBuffer) {
      const bytes = ArrayBuffer.isView(shown)
        ? Buffer.from(shown.buffer, shown.byteOffset, shown.byteLength)
        : Buffer.from(shown);
      return [type, bytes.toString("latin1")];
    }
    const fields = Reflect.ownKeys(shown)
      .filter((key) => key !== "stack")
      .map((key) => {
        const { value, enumerable, writable } = Reflect.getOwnPropertyDescriptor(
          shown,
          key,
        ) as PropertyDescriptor;
        const name = String(key);
        return [name, look(name, value, `${path}.${name}`), enumerable, writable];
      });
    const stack = shown instanceof Error ? (shown.stack ?? "") : "";
    const [heading] = stack.split("\n    at ");
    return [type, String(heading), stack.includes("as-nodes.ts"), fields];
  };
  return look("", value, "it");
}
