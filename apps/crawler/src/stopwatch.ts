/** Adds up how long something took, in ms, though it was done in pieces. */
export class Stopwatch {
  ms = 0;

  /** Runs while `work` does, however that ends. */
  time<T>(work: () => T): T {
    const began = performance.now();
    try {
      return work();
    } finally {
      this.ms += performance.now() - began;
    }
  }
}
