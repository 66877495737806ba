import nodeStream, { type FinishedOptions } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import type { WaitOptions } from "@greenlit/core";
import type { Ledger } from "@greenlit/core/ledger";
import { awaiting, split } from "./awaiting.js";

type AnyStream = NodeJS.ReadableStream | NodeJS.WritableStream;
/** What `pipeline` of `node:stream/promises` takes. */
type Piece =
  | AnyStream
  | Iterable<unknown>
  | AsyncIterable<unknown>
  | ((...args: never[]) => unknown);

declare module "stream" {
  namespace Stream {
    /** Waits until the stream has ended; throws its error. Blocks only the greenlet. */
    function finishedSync(stream: AnyStream, options?: FinishedOptions & WaitOptions): void;
    /**
     * Pipes the streams into each other and waits for the end. If the greenlet is interrupted, they
     * are destroyed. Returns what the last one does, if that is a function. Blocks only the
     * greenlet.
     */
    function pipelineSync(
      ...streams: [...Piece[], Piece | (WaitOptions & { end?: boolean | undefined })]
    ): unknown;
  }
}

/** `stream.finishedSync` and `stream.pipelineSync`. */
export function patchStream(ledger: Ledger): void {
  ledger.put(
    "patch",
    "stream",
    "finishedSync",
    nodeStream,
    function finishedSync(stream: AnyStream, options?: FinishedOptions & WaitOptions): void {
      const [wait, rest] = split(options);
      awaiting("stream.finishedSync", wait, (signal) => finished(stream, { ...rest, signal }));
    },
  );
  ledger.put(
    "patch",
    "stream",
    "pipelineSync",
    nodeStream,
    function pipelineSync(...streams: unknown[]): unknown {
      const [wait, rest] = split(isOptions(streams.at(-1)) ? (streams.pop() as WaitOptions) : {});
      return awaiting("stream.pipelineSync", wait, async (signal) =>
        (pipeline as (...args: unknown[]) => Promise<unknown>)(...streams, { ...rest, signal }),
      );
    },
  );
}

/** As Node tells options from streams. */
function isOptions(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { pipe, write, getReader, getWriter } = value as Record<string, unknown>;
  const isStream = [pipe, write, getReader, getWriter].some((one) => typeof one === "function");
  return !isStream && !(Symbol.iterator in value) && !(Symbol.asyncIterator in value);
}
