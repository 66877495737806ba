import nodeReadline, { type Interface } from "node:readline";
import type { WaitOptions } from "@greenlit/core";
import type { Ledger } from "@greenlit/core/ledger";
import { awaiting } from "./awaiting.js";

declare module "readline" {
  interface Interface {
    /**
     * Shows `query` and waits for a line, which it returns. Throws when the input ends before.
     * Blocks only the greenlet.
     */
    questionSync(query: string, options?: WaitOptions): string;
  }
}

/** `questionSync` on every interface of `node:readline`. */
export function patchReadline(ledger: Ledger): void {
  const { prototype } = nodeReadline.Interface;
  const { question } = prototype;
  ledger.put(
    "patch",
    "readline",
    "Interface.prototype.questionSync",
    prototype,
    function questionSync(this: Interface, query: string, options?: WaitOptions): string {
      return awaiting(
        "readline.questionSync",
        options,
        (signal) =>
          new Promise((resolve, reject) => {
            const closed = (): void => {
              // As Node refuses questions after the end.
              reject(
                Object.assign(new Error("readline was closed"), { code: "ERR_USE_AFTER_CLOSE" }),
              );
            };
            this.once("close", closed);
            signal.addEventListener("abort", () => this.off("close", closed));
            question.call(this, query, { signal }, resolve);
          }),
      );
    },
  );
}
