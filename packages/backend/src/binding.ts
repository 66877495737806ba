import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Address } from "./address.js";

/** What the addon exports. A number below zero is a negated errno. */
export interface Binding {
  /** What `receive` and `receiveFrom` write to. */
  useSlab(slab: Uint8Array): void;
  /** Where `receive` copies to what fits in behind `start`, unless that is negative. */
  usePool(pool: Uint8Array): void;
  socket(family: 4 | 6 | 0, type: 1 | 2): number;
  socketPair(type: 1 | 2): [number, number] | number;
  pipe(): [number, number] | number;
  bind(fd: number, address: Address): number;
  listen(fd: number, backlog: number): number;
  connect(fd: number, address: Address): number;
  accept(fd: number): number;
  receive(fd: number, max: number, start: number): number;
  receiveFrom(fd: number, max: number): [size: number, address: Address] | number;
  send(fd: number, data: Uint8Array, start: number): number;
  sendAll(fd: number, data: readonly Uint8Array[], first: number, start: number): number;
  sendTo(fd: number, data: Uint8Array, address: Address | null): number;
  sendFile(to: number, from: number, position: number, size: number): number;
  shutdown(fd: number, how: 0 | 1 | 2): number;
  close(fd: number): number;
  localAddress(fd: number): Address | number;
  remoteAddress(fd: number): Address | number;
  setOption(fd: number, option: number, value: number): number;
  getOption(fd: number, option: number): number;
  membership(fd: number, group: Address, local: string, joins: 0 | 1): number;
  prepare(fd: number): number;
  ready(fd: number): number;
  pollNow(set: Int32Array, count: number): number;
  available(fd: number): number;
  epollCreate(): number;
  epollControl(epoll: number, operation: 1 | 2 | 3, fd: number, events: number): number;
  epollWait(epoll: number, ready: Int32Array, most: number): number;
  /** For another instance's `openPoller`: native/deliverer.h says why there are two. */
  readonly scopes: object;
  openPoller(
    name: string,
    scopes: object,
    events: Int32Array,
    control: Int32Array,
    deliver: (count: number) => void,
  ): NativePoller | number;
  /** native/cached_files.cc says what these do. */
  kindAt(path: string, flags: number): number;
  kindOf(fd: number): number;
  readCached(path: string, slab: Uint8Array, known: 0 | 1): Buffer | number;
  readNow(fd: number, buffer: Uint8Array, offset: number, length: number, position: number): number;
  readWhole(path: string, callback: (result: Buffer | number) => void): number;
  /** In words why there can be no ring; empty if there can be. */
  whyNoRing(without: number): string;
  openRing(
    without: number,
    completions: Int32Array,
    control: Int32Array,
    streams: Uint8Array,
    scopes: object,
    deliver: (count: number) => void,
  ): NativeRing | string;
}

/**
 * native/ring_loop.cc and native/ring_files.cc say what each function does. `id` is that of the
 * operation.
 */
export interface NativeRing {
  readonly multishot: boolean;
  readonly incremental: boolean;
  hold(): void;
  reap(): number;
  submit(): number;
  cancel(id: number): void;
  settle(id: number): void;
  underWay(): number;
  deliveries(): number;
  register(fd: number): number;
  disown(fd: number): void;
  addDatagramBuffers(memory: Uint8Array): number;
  close(): void;

  accept(id: number, fd: number): void;
  receive(id: number, fd: number): void;
  receiveFrom(id: number, fd: number): void;
  datagram(
    memory: Uint8Array,
    offset: number,
    result: number,
  ): [start: number, size: number, address: Address];
  connect(id: number, fd: number, address: Address): number;
  poll(id: number, fd: number, direction: number): void;
  send(id: number, fd: number, data: Uint8Array, start: number): void;
  sendAll(
    id: number,
    fd: number,
    pieces: readonly Uint8Array[],
    first: number,
    start: number,
  ): number;
  sendTo(id: number, fd: number, data: Uint8Array, address: Address | null): number;

  open(id: number, path: Uint8Array, flags: number, mode: number): void;
  readFile(id: number, path: Uint8Array, flags: number): void;
  drop(id: number): void;
  takeFile(id: number): Buffer;
  tooLarge(id: number): number;
  stat(id: number, fd: number, path: Uint8Array, flags: number): void;
  takeStat(id: number, values: Float64Array): void;
  read(
    id: number,
    fd: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): void;
  write: NativeRing["read"];
  sync(id: number, fd: number, dataOnly: 0 | 1): void;
  closeFile(id: number, fd: number): void;
}

/** native/poller.h says what each function does. */
export interface NativePoller {
  register(fd: number, generation: number): number;
  want(fd: number, directions: number): void;
  forget(fd: number): void;
  hold(): void;
  deliveries(): number;
  close(): void;
}

const require = createRequire(import.meta.url);
let loaded: Binding | null | undefined;
let failure = "";
let other: Binding | undefined;

function path(): string {
  const find = require("node-gyp-build") as { resolve(folder: string): string };
  return find.resolve(fileURLToPath(new URL("..", import.meta.url)));
}

/** The addon; null where there is none for this system: then `whyNoBinding` says why. */
export function binding(): Binding | null {
  if (loaded !== undefined) return loaded;
  try {
    loaded = require(path()) as Binding;
  } catch (error) {
    loaded = null;
    [failure = ""] = (error as Error).message.split("\n");
  }
  return loaded;
}

/** The `scopes` of another instance of the addon. */
export function scopes(): object {
  if (other === undefined) {
    const module = { exports: {} as Binding };
    process.dlopen(module, path());
    other = module.exports;
  }
  return other.scopes;
}

/** Why there is no addon, in words. */
export function whyNoBinding(): string {
  const { platform, arch, version } = process;
  return (
    `@greenlit/backend has no native part for Node ${version} on ${platform} ${arch} ` +
    `(${failure}); ` +
    "`npm rebuild @greenlit/backend` tries to compile it, and shows what is missing"
  );
}
