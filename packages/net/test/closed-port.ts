import { system } from "@greenlit/backend";

/**
 * Calls `fn` with a port of all IPv4 addresses at which nobody listens. It is taken meanwhile: a
 * port that was only closed may belong to somebody else by then.
 */
export function withClosedPort<T>(fn: (port: number) => T): T {
  const calls = system();
  const fd = calls.socket(4, 1);
  try {
    calls.bind(fd, { family: 4, address: "0.0.0.0", port: 0 });
    return fn((calls.localAddress(fd) as { port: number }).port);
  } finally {
    calls.close(fd);
  }
}
