/** What a step returns when there is nothing more. */
export const ENDED: IteratorReturnResult<undefined> = Object.freeze({
  done: true,
  value: undefined,
});

/**
 * Iteration whose steps block: each `next` is a call of `step`, until that ends or throws.
 *
 * Not a generator: while that waits in its next step, its frame keeps what it yielded last. Ten
 * thousand idle connections would keep ten thousand buffers.
 */
export class Steps<T> implements IterableIterator<T> {
  private readonly step: () => IteratorResult<T, undefined>;
  private readonly leave: (() => void) | null;
  private ended = false;

  /** @param leave is called once: at the end, after an error, or when the loop is left. */
  constructor(step: () => IteratorResult<T, undefined>, leave: (() => void) | null = null) {
    this.step = step;
    this.leave = leave;
  }

  next(): IteratorResult<T, undefined> {
    if (this.ended) return ENDED;
    let result: IteratorResult<T, undefined> = ENDED;
    try {
      result = this.step();
    } finally {
      if (result.done === true) this.end();
    }
    return result;
  }

  return(): IteratorResult<T, undefined> {
    this.end();
    return ENDED;
  }

  [Symbol.iterator](): this {
    return this;
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.leave?.();
  }
}
