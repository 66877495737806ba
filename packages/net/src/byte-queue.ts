/**
 * Bytes that have been received and not yet read.
 *
 *     buffer  [ given out | start ... waiting ... end | free, if the buffer is ours ]
 *
 * Chunks given out are views. Bytes before `end` are never overwritten, so a view stays what it
 * was; a buffer without room is replaced by one of twice the size, so appending costs amortised
 * constant time per byte.
 */
export class ByteQueue {
  private buffer: Buffer = Buffer.alloc(0);
  private start = 0;
  private end = 0;
  private ours = false;

  get length(): number {
    return this.end - this.start;
  }

  append(chunk: Buffer): void {
    if (this.length === 0) {
      // The usual case: nothing waits, the chunk itself becomes the queue.
      this.buffer = chunk;
      this.start = 0;
      this.end = chunk.length;
      this.ours = false;
      return;
    }
    if (!this.ours || this.end + chunk.length > this.buffer.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (this.length + chunk.length));
      this.end = this.buffer.copy(larger, 0, this.start, this.end);
      this.start = 0;
      this.buffer = larger;
      this.ours = true;
    }
    this.end += chunk.copy(this.buffer, this.end);
  }

  /** Removes and returns the first `size` bytes, or all there are. */
  take(size: number): Buffer {
    const end = Math.min(this.end, this.start + size);
    const taken = this.buffer.subarray(this.start, end);
    this.start = end;
    return taken;
  }

  /** Where `needle` begins, at or after byte `from`; -1 when it is not there. */
  indexOf(needle: Buffer, from: number): number {
    return this.buffer.subarray(this.start, this.end).indexOf(needle, from);
  }
}
