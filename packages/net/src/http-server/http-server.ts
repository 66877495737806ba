import type { Greenlet } from "@greenlit/core";
import {
  blocker,
  checkWait,
  spawnWithoutSite,
  stayFair,
  Waiter,
  WaitList,
  type WaitOptions,
} from "@greenlit/core/blocking-call";
import { Deadline } from "../deadline.js";
import type { Listener } from "../listener.js";
import type { Socket } from "../socket.js";
import { HttpConnection } from "./connection.js";
import type { ServerLimits } from "./limits.js";
import type { ServerRequest } from "./server-request.js";
import type { ServerResponse } from "./server-response.js";

/** What answers a request. It may block. */
export type Handler = (request: ServerRequest) => ServerResponse | Promise<ServerResponse>;

/** How a server is stopped. */
export interface StopOptions {
  /** How many milliseconds the requests that run may still take. Null: any. Default: 10000. */
  readonly timeout?: number | null | undefined;
  /** Ends the call, and nothing else, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const GRACE = 10_000;

/** A server that runs. Made by `serve`. */
export class HttpServer implements Disposable {
  /** @internal */
  readonly limits: ServerLimits;
  /** @internal */
  readonly scheme: "http" | "https";
  /** @internal */
  readonly handler: Handler;
  /** @internal */
  readonly answer: (connection: HttpConnection, request: ServerRequest) => void;
  /** @internal */
  stopping = false;
  private readonly listener: Listener;
  private readonly open = new Set<HttpConnection>();
  private readonly accepting: Greenlet<void>;
  /** Those that wait until there are fewer connections, or none. */
  private readonly waiting = new WaitList();

  /** @internal Use {@link serve}. */
  constructor(
    listener: Listener,
    limits: ServerLimits,
    scheme: "http" | "https",
    handler: Handler,
  ) {
    this.listener = listener;
    this.limits = limits;
    this.scheme = scheme;
    this.handler = handler;
    // Dumps and errors show the greenlets of requests by the name of the handler.
    this.answer = (connection, request) => connection.answer(request);
    Object.defineProperty(this.answer, "name", { value: handler.name || "request" });
    this.accepting = spawnWithoutSite(() => this.endAccepting(), accept, this as HttpServer);
    this.accepting.daemon = true;
  }

  /** The port, 0 for a Unix socket. */
  get port(): number {
    return this.listener.port;
  }

  /** The address or path listened on, null once it stops. */
  get address(): string | null {
    return this.listener.address;
  }

  /** How many connections are open. */
  get connections(): number {
    return this.open.size;
  }

  /**
   * Blocks until it was stopped, by another greenlet, and all requests have ended.
   *
   * @throws Timeout after `timeout` milliseconds, the signal's reason.
   */
  join(options?: WaitOptions): void {
    const what = "HttpServer.join";
    const deadline = Deadline.of(what, options);
    if (this.isOver) stayFair(what);
    while (!this.isOver) deadline.wait(this.waiting.add(new Waiter(what)));
  }

  /**
   * Accepts no more connections, closes those that are idle, and blocks until all requests have
   * been answered. Those that still run after `timeout` milliseconds are killed. May be called
   * twice: the shorter time counts.
   */
  stop(options: StopOptions = {}): void {
    const what = "HttpServer.stop";
    checkWait(what, options);
    const { timeout = GRACE, signal } = options;
    const deadline = Deadline.of(what, { timeout, signal });
    blocker(what); // where it cannot block, nothing is stopped
    stayFair(what);
    this.stopping = true;
    this.listener.close();
    for (const connection of this.open) connection.stop();
    this.waiting.wakeAll();
    try {
      while (!this.isOver) deadline.wait(this.waiting.add(new Waiter(what)));
    } catch (error) {
      if (!deadline.isOver) throw error;
      for (const connection of this.open) connection.kill();
    }
    this.join({ signal });
  }

  /** `using server = serve(...)`: the end of the block stops it. */
  [Symbol.dispose](): void {
    this.stop();
  }

  /** @internal */
  forget(connection: HttpConnection): void {
    this.open.delete(connection);
    this.waiting.wakeAll();
  }

  private get isOver(): boolean {
    return this.accepting.ready && this.open.size === 0;
  }

  /** @internal What the greenlet does that accepts. */
  accept(): void {
    try {
      while (!this.stopping) {
        this.untilThereIsRoom();
        this.begin(this.listener.accept());
      }
    } catch (error) {
      if (!this.listener.closed) throw error;
    }
  }

  private endAccepting(): void {
    this.listener.close();
    this.waiting.wakeAll();
  }

  private untilThereIsRoom(): void {
    while (this.open.size >= this.limits.maxConnections && !this.stopping) {
      this.waiting.add(new Waiter("net.accept")).wait();
    }
  }

  private begin(socket: Socket): void {
    const connection = new HttpConnection(this, socket);
    this.open.add(connection);
    spawnWithoutSite(() => connection.end(), readConnection, connection).daemon = true;
  }
}

function accept(server: HttpServer): void {
  server.accept();
}

function readConnection(connection: HttpConnection): void {
  connection.run();
}
