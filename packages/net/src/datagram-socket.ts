import { ConcurrentObjectUseError } from "@greenlit/core";
import {
  blocker,
  checkOptions,
  checkTimeout,
  outOfRange,
  wrongType,
} from "@greenlit/core/blocking-call";
import { type InternetAddress, isPort, placeOf } from "./connect-descriptor.js";
import type {
  Datagram,
  DatagramCarrier,
  DatagramOptions,
  DatagramSetting,
} from "./datagram-carrier.js";
import { type CallOptions, Deadline } from "./deadline.js";
import { DescriptorDatagrams } from "./descriptor-datagrams.js";
import { SocketClosedError } from "./errors.js";
import { NodeDatagrams } from "./node-datagrams.js";
import { resolver } from "./resolver.js";
import { socketBackend } from "./socket-backend.js";
import { untilClosed } from "./steps.js";

const OPTIONS = ["family", "reuseAddress", "reusePort", "ipv6Only"];

/** Where datagrams go to, or come in. */
export interface DatagramPlace {
  readonly port: number;
  /** A name or an address. Default: this machine; for `bind` all its addresses. */
  readonly host?: string | undefined;
}

/**
 * A UDP socket in blocking style.
 *
 * ```ts
 * const socket = new DatagramSocket();
 * socket.bind({ port: 9999 });
 * for (const { data, address, port } of socket) socket.send(data, { port, host: address });
 * ```
 */
export class DatagramSocket implements Iterable<Datagram> {
  private readonly carrier: DatagramCarrier;
  private readonly family: 4 | 6;
  private receiving = false;
  private connected = false;
  private ms: number | null = null;

  /**
   * @throws the system's error (EMFILE, EAFNOSUPPORT ...); TypeError, RangeError for what are no
   *   options.
   */
  constructor(options?: DatagramOptions) {
    checkOptions("DatagramSocket", options, OPTIONS);
    const { family = 4 } = options ?? {};
    if (family !== 4 && family !== 6) throw outOfRange("family", "4 or 6", family);
    this.family = family;
    const backend = socketBackend();
    this.carrier =
      backend === null
        ? new NodeDatagrams(options ?? {})
        : new DescriptorDatagrams(backend, options ?? {});
  }

  /** Where it is bound; null before, and once closed. */
  get address(): string | null {
    return this.carrier.local?.address ?? null;
  }

  /** Its port; 0 before it is bound, and once closed. */
  get port(): number {
    return this.carrier.local?.port ?? 0;
  }

  get closed(): boolean {
    return this.carrier.closed;
  }

  /** As that of a Socket: for calls that are given none, in milliseconds. */
  get timeout(): number | null {
    return this.ms;
  }

  set timeout(ms: number | null) {
    checkTimeout("timeout", ms);
    this.ms = ms;
  }

  /**
   * Receives at `port` from now on; 0 lets the system choose one.
   *
   * @throws EADDRINUSE, EACCES, ENOTFOUND ..., as Node's.
   */
  bind(place: DatagramPlace): void {
    const what = "DatagramSocket.bind";
    const address = this.placeFor(what, place, this.family === 4 ? "0.0.0.0" : "::", Deadline.none);
    this.carrier.bind(address, what);
  }

  /** Sends to, and receives from, this place only. */
  connect(place: DatagramPlace, options?: CallOptions): void {
    const what = "DatagramSocket.connect";
    const deadline = this.begin(what, options);
    this.carrier.connect(this.placeFor(what, place, undefined, deadline), what, deadline);
    this.connected = true;
  }

  /**
   * Sends one datagram.
   *
   * @param to null or absent: where the socket is connected to.
   * @throws EMSGSIZE when it is too large; EDESTADDRREQ when there is nowhere to send it to.
   */
  send(data: string | Uint8Array, to?: DatagramPlace | null, options?: CallOptions): void {
    const what = "DatagramSocket.send";
    const deadline = this.begin(what, options);
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    if (!(bytes instanceof Uint8Array)) throw wrongType("data", "a string or Uint8Array", data);
    const nowhere = to === undefined || to === null;
    if (nowhere && !this.connected)
      throw wrongType("to", "an object of port, host, where it is not connected", to);
    const address = nowhere ? null : this.placeFor(what, to, undefined, deadline);
    this.carrier.send(bytes, address, what, deadline);
  }

  /**
   * The next datagram, and who sent it.
   *
   * @throws ECONNREFUSED when it is connected, and the other side says that nobody is there.
   */
  receive(options?: CallOptions): Datagram {
    const what = "DatagramSocket.receive";
    const deadline = this.begin(what, options);
    if (this.receiving)
      throw new ConcurrentObjectUseError("two greenlets receive from the same DatagramSocket");
    this.receiving = true;
    try {
      return this.carrier.receive(what, deadline);
    } finally {
      this.receiving = false;
    }
  }

  /** What comes, until the socket is closed. */
  [Symbol.iterator](): IterableIterator<Datagram> {
    return untilClosed(
      () => this.closed,
      () => this.receive(),
    );
  }

  /** Lets it send to broadcast addresses. */
  setBroadcast(on: boolean): void {
    this.set("broadcast", on ? 1 : 0);
  }

  /** How many routers a datagram may pass: 1 to 255. */
  setTTL(hops: number): void {
    this.set("ttl", hops);
  }

  /** The same for multicast: 0 to 255. */
  setMulticastTTL(hops: number): void {
    this.set("multicastTtl", hops);
  }

  /** Whether what is sent to a group reaches members on this machine, too. */
  setMulticastLoopback(on: boolean): void {
    this.set("multicastLoopback", on ? 1 : 0);
  }

  /** In bytes. The system may take another size. */
  setReceiveBufferSize(bytes: number): void {
    this.set("receiveBufferSize", bytes);
  }

  /** In bytes. The system may take another size. */
  setSendBufferSize(bytes: number): void {
    this.set("sendBufferSize", bytes);
  }

  /**
   * Receives what is sent to a multicast group.
   *
   * @param local the interface: its address, for IPv6 as `::%eth0`. Default: the system chooses.
   */
  addMembership(group: string, local: string = ""): void {
    this.check();
    this.carrier.member(group, local, true);
  }

  /** Undoes `addMembership`. */
  dropMembership(group: string, local: string = ""): void {
    this.check();
    this.carrier.member(group, local, false);
  }

  /** A greenlet that waits gets a SocketClosedError. Never blocks, and may be called twice. */
  close(): void {
    this.carrier.close(new SocketClosedError());
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Undoes `unref`. */
  ref(): void {
    this.carrier.ref();
  }

  /** Greenlets that wait on this socket do not keep the process alive. */
  unref(): void {
    this.carrier.unref();
  }

  /** The first steps of every call. */
  private begin(what: string, options: CallOptions | undefined): Deadline {
    const deadline = Deadline.of(what, options);
    blocker(what);
    this.check();
    if (this.ms === null || options?.timeout !== undefined) return deadline;
    return Deadline.of(what, { ...options, timeout: this.ms });
  }

  private check(): void {
    if (this.closed) throw new SocketClosedError();
  }

  private set(setting: DatagramSetting, value: number): void {
    this.check();
    if (!Number.isSafeInteger(value)) throw outOfRange(setting, "a whole number", value);
    this.carrier.set(setting, value);
  }

  private placeFor(
    what: string,
    place: DatagramPlace,
    other: string | undefined,
    deadline: Deadline,
  ): InternetAddress {
    blocker(what);
    this.check();
    if (typeof place !== "object" || place === null)
      throw wrongType("place", "an object of port, host", place);
    const { port, host = other ?? (this.family === 4 ? "127.0.0.1" : "::1") } = place;
    if (!isPort(port)) throw outOfRange("port", "a whole number from 0 to 65535", port);
    if (typeof host !== "string") throw wrongType("host", "a string", host);
    const [found] = resolver.addresses(host, this.family, false, what, deadline);
    return placeOf(found?.address as string, this.family, port);
  }
}
