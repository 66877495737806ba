/**
 * Descriptors on which an operation is still running although the greenlet that asked for it is
 * gone.
 *
 * A kill or a timeout ends the wait, not the work: a thread of Node's pool cannot be called back.
 * If the `finally` of the interrupted greenlet closed the descriptor at once, the kernel could give
 * its number to the next file while the old operation is still queued, and a late write would land
 * in a stranger's file. So closing waits until the descriptor is quiet.
 *
 * Descriptors belong to the process and each thread sees only its own operations, so this state is
 * per thread.
 */
const running = new Map<number, { operations: number; onQuiet: Array<() => void> }>();

/** An operation on `fd` has lost its greenlet. Pair with {@link operationEnded}. */
export function operationAbandoned(fd: number): void {
  const entry = running.get(fd);
  if (entry === undefined) running.set(fd, { operations: 1, onQuiet: [] });
  else entry.operations += 1;
}

/** An operation given to {@link operationAbandoned} has ended after all. */
export function operationEnded(fd: number): void {
  const entry = running.get(fd);
  if (entry === undefined) return;
  entry.operations -= 1;
  if (entry.operations > 0) return;
  running.delete(fd);
  for (const callback of entry.onQuiet) callback();
}

/** Whether no abandoned operation runs on `fd`. */
export function isQuiet(fd: number): boolean {
  return !running.has(fd);
}

/** Calls `callback` when no abandoned operation runs on `fd`: at once, as a rule. */
export function whenQuiet(fd: unknown, callback: () => void): void {
  const entry = running.get(fd as number);
  if (entry === undefined) callback();
  else entry.onQuiet.push(callback);
}
