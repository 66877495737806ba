import type { CallOptions } from "../deadline.js";

/** What an output writes to: a Socket. */
interface Writable {
  write(data: Uint8Array, options?: CallOptions): void;
  writev(chunks: readonly Uint8Array[], options?: CallOptions): void;
}

/** What is larger is written from where it lies, and not copied. In bytes. */
const MOST_COPIED = 48 * 1024;

/** What is written together lies here while the kernel copies it. Null: it is in use. */
let slab: Buffer | null = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Writes `head`, which is Latin 1, and all of `body` behind it, which is bytes or UTF-8: with one
 * call of the system if it is small.
 *
 * @param size the bytes of the body.
 */
export function writeTogether(
  socket: Writable,
  head: string,
  body: string | Uint8Array,
  size: number,
  tail: string,
): void {
  if (size > MOST_COPIED) {
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    const ends = [Buffer.from(head, "latin1"), Buffer.from(tail, "latin1")] as const;
    socket.writev([ends[0], bytes, ends[1]]);
    return;
  }
  const length = head.length + size + tail.length;
  const own = length > (slab?.length ?? 0) ? null : slab;
  const buffer = own ?? Buffer.allocUnsafe(length);
  if (own !== null) slab = null;
  const end = buffer.write(head, "latin1");
  if (typeof body !== "string") buffer.set(body, end);
  else buffer.write(body, end, body.length === size ? "latin1" : "utf8"); // "latin1" is faster
  if (tail !== "") buffer.write(tail, end + size, "latin1");
  try {
    socket.write(buffer.subarray(0, length));
  } catch (error) {
    // Some of it may still be on its way.
    if (own !== null) slab = Buffer.allocUnsafeSlow(own.length);
    throw error;
  }
  if (own !== null) slab = own;
}
