import {
  type Address,
  type Backend,
  type Descriptor,
  OPTIONS,
  system,
  systemError,
} from "@greenlit/backend";
import type { InternetAddress } from "./connect-descriptor.js";
import type {
  Datagram,
  DatagramCarrier,
  DatagramOptions,
  DatagramSetting,
} from "./datagram-carrier.js";
import type { Deadline } from "./deadline.js";

/** More than any datagram has. */
const MOST = 65_536;

/** For IPv4, and for IPv6 where that is another one. */
const NUMBERS: Readonly<Record<DatagramSetting, readonly [four: number, six: number]>> = {
  broadcast: [OPTIONS.broadcast, OPTIONS.broadcast],
  ttl: [OPTIONS.ttl, OPTIONS.hops],
  multicastTtl: [OPTIONS.multicastTtl, OPTIONS.multicastHops],
  multicastLoopback: [OPTIONS.multicastLoopback, OPTIONS.multicastLoopback6],
  receiveBufferSize: [OPTIONS.receiveBufferSize, OPTIONS.receiveBufferSize],
  sendBufferSize: [OPTIONS.sendBufferSize, OPTIONS.sendBufferSize],
};

/** Carries datagrams over a descriptor of the backend. */
export class DescriptorDatagrams implements DatagramCarrier {
  private readonly descriptor: Descriptor;
  private readonly family: 4 | 6;

  constructor(backend: Backend, options: DatagramOptions) {
    const { family = 4, reuseAddress, reusePort, ipv6Only } = options;
    this.family = family;
    const calls = system();
    const fd = calls.socket(family, 2);
    if (fd < 0) throw systemError("socket", fd);
    try {
      const set = (option: number): void => {
        check("setsockopt", calls.setOption(fd, option, 1));
      };
      if (reuseAddress === true) set(OPTIONS.reuseAddress);
      if (reusePort === true) set(OPTIONS.reusePort);
      if (ipv6Only === true) set(OPTIONS.ipv6Only);
      this.descriptor = backend.register(fd);
    } catch (error) {
      calls.close(fd);
      throw error;
    }
  }

  bind(address: InternetAddress): void {
    check("bind", system().bind(this.descriptor.fd, address), address);
  }

  connect(address: InternetAddress, what: string, deadline: Deadline): void {
    deadline.within(what, (options) => this.descriptor.connect(address, what, options));
  }

  send(data: Uint8Array, to: InternetAddress | null, what: string, deadline: Deadline): void {
    deadline.within(what, (options) => this.descriptor.sendTo(data, to, what, options));
  }

  receive(what: string, deadline: Deadline): Datagram {
    const { data, address } = deadline.within(what, (options) =>
      this.descriptor.receiveFrom(MOST, what, options),
    );
    return { data, ...(address as InternetAddress) };
  }

  set(setting: DatagramSetting, value: number): void {
    const option = NUMBERS[setting][this.family === 4 ? 0 : 1];
    check("setsockopt", system().setOption(this.descriptor.fd, option, value));
  }

  member(group: string, local: string, joins: boolean): void {
    const address: Address = { family: this.family, address: group, port: 0 };
    const result = system().membership(this.descriptor.fd, address, local, joins ? 1 : 0);
    check(joins ? "addMembership" : "dropMembership", result);
  }

  get local(): InternetAddress | null {
    if (this.closed) return null;
    return system().localAddress(this.descriptor.fd) as InternetAddress;
  }

  get closed(): boolean {
    return this.descriptor.fd < 0;
  }

  close(error: unknown): void {
    this.descriptor.close(error);
  }

  ref(): void {
    this.descriptor.ref();
  }

  unref(): void {
    this.descriptor.unref();
  }
}

function check(call: string, result: number, address?: Address): void {
  if (result < 0) throw systemError(call, result, address);
}
