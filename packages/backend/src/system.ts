import { constants } from "node:os";
import { UnsupportedPlatformError } from "@greenlit/core";
import { type Binding, binding, whyNoBinding } from "./binding.js";

/** The most bytes that one call receives. */
export const SLAB_SIZE = 65_536;

/** What `prepare` says of a TCP socket; native/system.cc has the same number. */
export const TCP = 1;

/** Options of sockets, by the numbers that native/system.cc has for them. */
export const OPTIONS = {
  reuseAddress: 0,
  reusePort: 1,
  keepAlive: 2,
  broadcast: 3,
  receiveBufferSize: 4,
  sendBufferSize: 5,
  error: 6,
  noDelay: 7,
  ipv6Only: 8,
  ttl: 9,
  multicastTtl: 10,
  multicastLoopback: 11,
  hops: 12,
  multicastHops: 13,
  multicastLoopback6: 14,
  keepAliveIdle: 15,
  keepAliveInterval: 16,
  keepAliveCount: 17,
} as const;

const { errno } = constants;
/** What system calls return that would have to wait, or have been interrupted. */
export const AGAIN: number = -errno.EAGAIN;
export const INTERRUPTED: number = -errno.EINTR;
export const IN_PROGRESS: number = -errno.EINPROGRESS;

/** Holds what was received last, until somebody receives again. */
const slab: Buffer = Buffer.allocUnsafeSlow(SLAB_SIZE);

/** As large as Node's own pool of small buffers: a part that is kept keeps all of it. */
const POOL_SIZE = 8192;
/** When less than this is left, a new one is begun. */
const LITTLE = 512;
const ALIGNMENT = 8;
let pool: Buffer | null = null;
let used = 0;

/**
 * The system calls, as thin as can be: each returns what the kernel does, or a negated errno. Those
 * that could block return EAGAIN, on descriptors made here or registered.
 * @throws UnsupportedPlatformError where there is no addon.
 */
export function system(): Binding {
  const calls = binding();
  if (calls === null) throw new UnsupportedPlatformError(whyNoBinding());
  if (pool === null) {
    calls.useSlab(slab);
    renewPool(calls);
  }
  return calls;
}

function renewPool(calls: Binding): void {
  pool = Buffer.allocUnsafeSlow(POOL_SIZE);
  used = 0;
  calls.usePool(pool);
}

/**
 * Receives from a descriptor.
 * @returns what the call does: then `received` has it as a buffer.
 */
export function receive(calls: Binding, fd: number, max: number): number {
  return calls.receive(fd, max, used);
}

/** What `receive` has just received, as a buffer of its own. */
export function received(calls: Binding, count: number): Buffer {
  const start = used;
  if (start + count > POOL_SIZE) return receivedFrom(count);
  const data = (pool as Buffer).subarray(start, start + count);
  used = (start + count + ALIGNMENT - 1) & -ALIGNMENT;
  if (POOL_SIZE - used < LITTLE) renewPool(calls);
  return data;
}

/** What `receiveFrom` has just received, as a buffer of its own. */
export function receivedFrom(count: number): Buffer {
  const data = Buffer.allocUnsafe(count);
  slab.copy(data, 0, 0, count);
  return data;
}
