import type { InternetAddress } from "./connect-descriptor.js";
import type { Deadline } from "./deadline.js";

/** A message of UDP, and who sent it. */
export interface Datagram extends InternetAddress {
  readonly data: Buffer;
}

/** Numbers that can be set. */
export type DatagramSetting =
  | "broadcast"
  | "ttl"
  | "multicastTtl"
  | "multicastLoopback"
  | "receiveBufferSize"
  | "sendBufferSize";

/** What a datagram socket is made with. */
export interface DatagramOptions {
  /** IPv4 or IPv6. Default: 4. */
  readonly family?: 4 | 6 | undefined;
  /** Others may bind the same port (SO_REUSEADDR), as for multicast. */
  readonly reuseAddress?: boolean | undefined;
  /** Several sockets bind the same port, and the kernel spreads what comes (SO_REUSEPORT). */
  readonly reusePort?: boolean | undefined;
  /** With family 6: takes no IPv4. */
  readonly ipv6Only?: boolean | undefined;
}

/** What carries the messages of a DatagramSocket: a descriptor, or `node:dgram`. */
export interface DatagramCarrier {
  bind(address: InternetAddress, what: string): void;
  connect(address: InternetAddress, what: string, deadline: Deadline): void;
  send(data: Uint8Array, to: InternetAddress | null, what: string, deadline: Deadline): void;
  receive(what: string, deadline: Deadline): Datagram;
  set(setting: DatagramSetting, value: number): void;
  /** @param local the interface: its address, for IPv6 as `::%eth0`; "": the system chooses. */
  member(group: string, local: string, joins: boolean): void;
  readonly local: InternetAddress | null;
  readonly closed: boolean;
  /** Throws `error` into who waits. */
  close(error: unknown): void;
  ref(): void;
  unref(): void;
}
