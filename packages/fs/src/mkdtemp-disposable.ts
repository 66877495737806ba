import { resolve } from "node:path";
import { mkdtempSync, rmSync } from "./functions.js";

/** What `mkdtempDisposableSync` gives, as Node 24 does. */
export interface DisposableFolder extends Disposable {
  /** Of the folder, as the prefix had it: absolute or not. */
  path: string;
  /** Removes the folder with all that is in it. */
  remove(): void;
}

/** `fs.mkdtempDisposableSync`, which came with Node 24. Disposing is cooperative, too. */
export function mkdtempDisposableSync(
  prefix: string,
  options?: BufferEncoding | { encoding?: BufferEncoding | null } | null,
): DisposableFolder {
  const path = mkdtempSync(prefix, options);
  const whole = resolve(path); // the program may go to another folder
  const remove = (): void => rmSync(whole, { recursive: true, force: true });
  return {
    path,
    remove,
    [Symbol.dispose]() {
      remove();
    },
  };
}
