import { type Address, OPTIONS, system, systemError } from "@greenlit/backend";
import { isPort, placeOf } from "./connect-descriptor.js";
import { Deadline } from "./deadline.js";
import { resolver } from "./resolver.js";

/** Options of `listen` that concern the descriptor. */
export interface ListeningPlace {
  readonly port?: number;
  readonly host?: string;
  readonly path?: string;
  readonly ipv6Only?: boolean;
  readonly reusePort?: boolean;
}

/** What is wrong is left to Node, which refuses it in its own words. */
export function suitsListening({ port, host, path }: ListeningPlace): boolean {
  if (path !== undefined) return typeof path === "string" && path !== "";
  return (
    (port === undefined || isPort(port)) &&
    (host === undefined || (typeof host === "string" && host !== ""))
  );
}

/** Says that this system has no IPv6, or not this address. */
const NOT_HERE = new Set(["EAFNOSUPPORT", "EADDRNOTAVAIL", "EINVAL"]);

/** A descriptor that listens. @throws as `listen`. */
export function openListening(place: ListeningPlace, backlog: number, what: string): number {
  const { path, port = 0 } = place;
  if (path !== undefined) return open({ path }, place, backlog);
  const addresses = addressesOf(place.host, what).map(({ address, family }) =>
    placeOf(address, family, port),
  );
  for (let i = 0; ; i++) {
    try {
      return open(addresses[i] as Address, place, backlog);
    } catch (error) {
      if (i + 1 === addresses.length || !NOT_HERE.has((error as NodeJS.ErrnoException).code ?? ""))
        throw error;
    }
  }
}

/** Without a host: all addresses of both families where there is IPv6, as Node does it. */
function addressesOf(host: string | undefined, what: string) {
  if (host !== undefined) return resolver.addresses(host, 0, false, what, Deadline.none);
  return [
    { address: "::", family: 6 },
    { address: "0.0.0.0", family: 4 },
  ];
}

function open(address: Address, place: ListeningPlace, backlog: number): number {
  const calls = system();
  const fd = calls.socket("path" in address ? 0 : address.family, 1);
  if (fd < 0) throw systemError("listen", fd, address);
  const check = (result: number): void => {
    if (result >= 0) return;
    calls.close(fd);
    throw systemError("listen", result, address);
  };
  if (!("path" in address)) {
    check(calls.setOption(fd, OPTIONS.reuseAddress, 1));
    if (place.reusePort === true) check(calls.setOption(fd, OPTIONS.reusePort, 1));
    // Otherwise it would be as the system is set.
    if (address.family === 6)
      check(calls.setOption(fd, OPTIONS.ipv6Only, place.ipv6Only === true ? 1 : 0));
  }
  check(calls.bind(fd, address));
  check(calls.listen(fd, backlog));
  return fd;
}
