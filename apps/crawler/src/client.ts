import { wait } from "greenlit";
import { type Body, createAgent, type NetResponse, request } from "greenlit/net";
import { type Dispatcher, ProxyAgent } from "undici";
import type { AddressGuard } from "./address-guard.js";
import { ACCEPT_ENCODING, decompress } from "./content-encoding.js";
import { CrawlError, errorMessage } from "./errors.js";
import type { Hooks, RequestDraft } from "./hooks.js";

export interface ClientOptions {
  readonly userAgent: string;
  /** Milliseconds from connecting to the last byte. */
  readonly timeout: number;
  /** Bytes of one body, as received and as decompressed. */
  readonly bodyLimit: number;
  readonly guard: AddressGuard;
  readonly onRequest?: Hooks["onRequest"];
}

/** One response. No redirect has been followed. */
export interface Answer {
  readonly status: number;
  /** Media type in lower case, without parameters; empty when the server sent none. */
  readonly mediaType: string;
  /** The decompressed body, or null when it was not wanted. */
  readonly body: Buffer | null;
  /** Body bytes received. */
  readonly bytes: number;
  /** A header's value; several of one name joined by commas. */
  header(name: string): string | undefined;
}

/**
 * What of a body nobody reads is received all the same, so that the connection can be used again.
 */
const DRAIN_LIMIT = 64 * 1024;
const CONNECT_TIMEOUT = 10_000;

/**
 * Makes one request at a time for each greenlet that asks, over keep-alive connections shared by
 * all.
 */
export class Client {
  private readonly options: ClientOptions;
  private readonly agent: ReturnType<typeof createAgent>;
  private readonly proxies = new Map<string, ProxyAgent>();

  constructor(options: ClientOptions) {
    this.options = options;
    // As many connections as requests: how many there may be for a host is the frontier's business.
    this.agent = createAgent({
      connectTimeout: Math.min(CONNECT_TIMEOUT, options.timeout),
      connect: { lookup: options.guard.lookup },
    });
  }

  /**
   * Blocks until the response is there.
   *
   * @param wants whether to read the body, asked when the head has arrived
   * @throws CrawlError, Timeout, or what the network said; `errorCode` gives all of them a name
   */
  get(url: URL, wants: (head: Omit<Answer, "body" | "bytes">) => boolean): Answer {
    const { timeout, guard, bodyLimit } = this.options;
    guard.check(url);
    const { headers, proxy } = this.draft(url);
    const response = request(url, { dispatcher: this.dispatcher(proxy), headers, timeout });
    try {
      const head = headOf(response);
      if (!wants(head)) return { ...head, body: null, bytes: drain(response.body) };
      const received = response.body.bytes({ limit: bodyLimit });
      const body = decompress(received, head.header("content-encoding") ?? "", bodyLimit);
      return { ...head, body, bytes: received.length };
    } finally {
      response.body.destroy(); // does nothing when the body has been read to its end
    }
  }

  /** Closes the connections, whatever is under way on them. */
  close(): void {
    for (const agent of [this.agent, ...this.proxies.values()]) wait(agent.destroy());
  }

  private draft(url: URL): RequestDraft {
    const headers = {
      "user-agent": this.options.userAgent,
      accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5",
      "accept-encoding": ACCEPT_ENCODING,
    };
    const draft: RequestDraft = { url, headers, proxy: null };
    try {
      this.options.onRequest?.(draft);
    } catch (error) {
      throw new CrawlError("hook", errorMessage(error), { cause: error });
    }
    return draft;
  }

  /** A proxy looks names up by itself: the guard sees literal addresses only. */
  private dispatcher(proxy: string | null): Dispatcher {
    if (proxy === null) return this.agent;
    let agent = this.proxies.get(proxy);
    if (agent === undefined) this.proxies.set(proxy, (agent = new ProxyAgent(proxy)));
    return agent;
  }
}

function headOf({ status, headers }: NetResponse): Omit<Answer, "body" | "bytes"> {
  const header = (name: string): string | undefined => headers[name]?.toString();
  const mediaType = (header("content-type") ?? "").split(";", 1)[0]!.trim().toLowerCase();
  return { status, mediaType, header };
}

/** @returns the bytes received before the rest, if any, was given up */
function drain(body: Body): number {
  let bytes = 0;
  while (bytes < DRAIN_LIMIT) {
    const chunk = body.read();
    if (chunk === null) return bytes;
    bytes += chunk.length;
  }
  return bytes;
}
