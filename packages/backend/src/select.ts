import { constants } from "node:os";
import type { WaitOptions } from "@greenlit/core/blocking-call";
import { systemError } from "./errors.js";
import { type FileLike, fileno } from "./fileno.js";
import { POLLERR, pollDescriptors, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI } from "./poll.js";

const READABLE = POLLIN | POLLHUP | POLLERR;
const WRITABLE = POLLOUT | POLLERR;

/**
 * Python's `select.select()`: blocks until at least one of these descriptors is ready. Each is a
 * number, or an object with `fd` or `fileno()`. Any number of them; there is no FD_SETSIZE here.
 *
 * @param readers until something can be read, or the end is there.
 * @param writers until something can be written.
 * @param urgent until there is urgent data.
 * @returns those that are ready, of each, as they were given; three empty lists when `timeout`
 *   milliseconds have passed.
 * @throws EBADF when one of them is not open.
 */
export function select<R extends FileLike, W extends FileLike, X extends FileLike>(
  readers: Iterable<R>,
  writers: Iterable<W>,
  urgent: Iterable<X>,
  options?: WaitOptions,
): [R[], W[], X[]] {
  // Copied: whoever waits may change them meanwhile.
  const [r, w, x] = [numbered(readers), numbered(writers), numbered(urgent)] as const;
  const wanted = new Map<number, number>();
  for (const [all, events] of [
    [r, POLLIN] as const,
    [w, POLLOUT] as const,
    [x, POLLPRI] as const,
  ]) {
    for (const [, fd] of all) wanted.set(fd, (wanted.get(fd) ?? 0) | events);
  }
  const ready = new Map(pollDescriptors("select", [...wanted], options));
  for (const events of ready.values()) {
    if ((events & POLLNVAL) !== 0) throw systemError("select", -constants.errno.EBADF);
  }
  const those = <F>(all: readonly (readonly [F, number])[], events: number): F[] =>
    all.filter(([, fd]) => ((ready.get(fd) ?? 0) & events) !== 0).map(([file]) => file);
  return [those(r, READABLE), those(w, WRITABLE), those(x, POLLPRI)];
}

function numbered<F extends FileLike>(files: Iterable<F>): (readonly [file: F, fd: number])[] {
  return [...files].map((file) => [file, fileno(file)] as const);
}
