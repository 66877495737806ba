import dns from "node:dns";
import { isIP } from "node:net";
import { stayFair, Waiter } from "@greenlit/core/blocking-call";
import type { Deadline } from "./deadline.js";
import type { LookupAddress } from "node:dns";
import { DnsCache, type Query } from "./dns-cache.js";
import { thrownHere } from "./errors.js";
import { HostsFile } from "./hosts.js";
import { SearchList } from "./search-list.js";

/** What both families are asked for; 4 or 6 for one of them. */
export type Family = 0 | 4 | 6;

/**
 * How long an answer for IPv6 is waited for once that for IPv4 is there, in milliseconds: RFC 8305,
 * section 3.
 */
const RESOLUTION_DELAY = 50;

/**
 * Finds the addresses of hosts as getaddrinfo(3) does with `hosts: files dns`, but without threads:
 * the hosts file, the search list, the name servers. Answers are kept.
 */
export class Resolver {
  readonly cache: DnsCache = new DnsCache();
  private readonly hosts: HostsFile;
  private readonly search: SearchList;

  constructor(hosts: HostsFile = new HostsFile(), search: SearchList = SearchList.read()) {
    this.hosts = hosts;
    this.search = search;
  }

  /**
   * All addresses of a host, IPv6 and IPv4 in turn, as RFC 8305 has it in section 4.
   *
   * @param hasty whether what comes late of IPv6 may be left out.
   * @throws ENOTFOUND, EAI_AGAIN as `dns.lookup`, at the caller.
   */
  addresses(
    host: string,
    family: Family,
    hasty: boolean,
    what: string,
    deadline: Deadline,
  ): LookupAddress[] {
    const literal = isIP(host.replace(/%.*/, ""));
    const known = literal === 0 ? this.hosts.find(host) : [{ address: host, family: literal }];
    if (known.length > 0) {
      stayFair(what);
      const wanted = known.filter((one) => family === 0 || one.family === family);
      if (wanted.length > 0) return inTurn(wanted);
      throw thrownHere(lookupError("ENOTFOUND", host, undefined));
    }
    let failure: NodeJS.ErrnoException | null = null;
    for (const name of this.search.candidates(host)) {
      const answers = this.ask(name, family, hasty, what, deadline);
      const found = answers.flatMap((one) => one.found);
      if (found.length > 0) return inTurn(found);
      const hard = answers.find(({ error }) => error !== null && !meansNone(error));
      failure = hard?.error ?? failure;
    }
    throw thrownHere(lookupError(failure === null ? "ENOTFOUND" : "EAI_AGAIN", host, failure));
  }

  /** Both families at once. */
  private ask(
    name: string,
    family: Family,
    hasty: boolean,
    what: string,
    deadline: Deadline,
  ): { found: LookupAddress[]; error: NodeJS.ErrnoException | null }[] {
    const six = family === 4 ? null : this.cache.ask("AAAA", name);
    const four = family === 6 ? null : this.cache.ask("A", name);
    if ((six?.answer ?? four?.answer ?? null) !== null) stayFair(what);
    if (six !== null && four !== null && hasty) waitForFirst(six, four, what, deadline);
    else {
      six?.wait(what, deadline);
      four?.wait(what, deadline);
    }
    const of = (query: Query | null, family: 4 | 6) => ({
      found: (query?.answer?.records ?? []).map((address) => ({
        address: address as string,
        family,
      })),
      error: query?.answer?.error ?? null,
    });
    return [of(six, 6), of(four, 4)];
  }
}

/** That of this process. */
export const resolver: Resolver = new Resolver();

/** Until there are addresses of IPv6; or of IPv4, and a moment has passed; or neither will come. */
function waitForFirst(six: Query, four: Query, what: string, deadline: Deadline): void {
  const has = ({ answer }: Query): boolean => (answer?.records.length ?? 0) > 0;
  while (!has(six) && (six.answer === null || four.answer === null)) {
    const waiter = new Waiter(what);
    const stop = [six.onAnswer(() => waiter.wake()), four.onAnswer(() => waiter.wake())];
    try {
      if (has(four)) {
        if (!deadline.pause(waiter, RESOLUTION_DELAY)) return;
      } else deadline.wait(waiter);
    } finally {
      for (const forget of stop) forget();
    }
  }
}

/** Of one family and of the other, in turn; that of the first comes first. */
function inTurn(addresses: readonly LookupAddress[]): LookupAddress[] {
  const first = addresses[0]?.family;
  const ones = addresses.filter(({ family }) => family === first);
  const others = addresses.filter(({ family }) => family !== first);
  const longer = Math.max(ones.length, others.length);
  return Array.from({ length: longer }, (_, i) => [ones[i], others[i]])
    .flat()
    .filter((one) => one !== undefined);
}

/** There is no such name, or there cannot be, or it has no such address. */
function meansNone({ code }: NodeJS.ErrnoException): boolean {
  return code === dns.NOTFOUND || code === dns.NODATA || code === dns.BADNAME;
}

/** As getaddrinfo(3) would say it, which Node's own `connect` and `listen` throw. */
function lookupError(code: string, hostname: string, cause: unknown): Error {
  const error = new Error(`getaddrinfo ${code} ${hostname}`, cause ? { cause } : {});
  const errno = code === "ENOTFOUND" ? -3008 : -3001; // UV_EAI_NONAME, UV_EAI_AGAIN
  return Object.assign(error, { errno, code, syscall: "getaddrinfo", hostname });
}
