import { wait } from "@greenlit/core";

/** What a stream of the Fetch standard gives, in blocking style. */
export function* fetchPieces(
  stream: ReadableStream<Uint8Array>,
): Generator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = wait(reader.read());
      ended = done;
      if (done) return;
      yield value;
    }
  } catch (error) {
    ended = true;
    throw error;
  } finally {
    if (!ended) reader.cancel().catch(() => {}); // nobody waits for it
  }
}
