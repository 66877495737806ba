import * as http from "node:http";
import * as https from "node:https";
import type { Duplex } from "node:stream";
import {
  checkOptions,
  checkWait,
  placeHere,
  stayFair,
  Waiter,
  WaitList,
  wrongType,
} from "@greenlit/core/blocking-call";
import type { WebSocketServer } from "ws";
import { type MessageOptions, wsOptions } from "./connect-websocket.js";
import type { CallOptions } from "./deadline.js";
import { SocketClosedError } from "./errors.js";
import { listenWith, type TlsServerOptions } from "./listen.js";
import { WebSocket } from "./websocket.js";
import { loadWs } from "./ws.js";
import { untilClosed } from "./steps.js";

export interface AcceptWebSocketOptions extends MessageOptions {
  /** Those that the server speaks, best first; the first that the client offers, too, is chosen. */
  readonly protocols?: readonly string[] | undefined;
}

export interface ListenWebSocketOptions extends AcceptWebSocketOptions {
  readonly port?: number;
  readonly host?: string;
  /** A Unix socket instead of a port. */
  readonly path?: string;
  /** How many WebSockets may wait to be accepted. More are closed. Default: 511. */
  readonly backlog?: number;
  /** For `wss:`, with what `tls.createServer` takes. */
  readonly tls?: TlsServerOptions;
  /** The only path of URLs at which there is a WebSocket. Default: any. */
  readonly pathname?: string;
}

const ACCEPT_OPTIONS = ["protocols", "maxMessage", "compress"];
const LISTEN_OPTIONS = [...ACCEPT_OPTIONS, "port", "host", "path", "backlog", "tls", "pathname"];

/** Accepts WebSockets, made by `listenWebSocket`. Iterating accepts until it is closed. */
export class WebSocketListener implements Iterable<WebSocket> {
  private readonly server: http.Server;
  private readonly backlog: number;
  private readonly arrived: WebSocket[] = [];
  private readonly waiters = new WaitList<WebSocket>();
  private done = false;

  /** @internal Use {@link listenWebSocket}. */
  constructor(server: http.Server, upgrades: WebSocketServer, backlog: number) {
    this.server = server;
    this.backlog = backlog;
    upgrades.on("connection", (ws, request) => this.arrive(new WebSocket(ws, request)));
    server.on("error", () => {}); // EMFILE and the like: Node tries again
  }

  /** The port, 0 for a Unix socket. */
  get port(): number {
    const address = this.server.address();
    return address !== null && typeof address === "object" ? address.port : 0;
  }

  get closed(): boolean {
    return this.done;
  }

  /**
   * The next WebSocket, opened already.
   *
   * @throws SocketClosedError when the listener is closed, also while waiting.
   */
  accept(options?: CallOptions): WebSocket {
    const what = "WebSocketListener.accept";
    checkWait(what, options);
    if (this.arrived.length > 0) stayFair(what);
    if (this.done) throw new SocketClosedError("the listener is closed");
    return this.arrived.shift() ?? this.waiters.add(new Waiter<WebSocket>(what)).wait(options);
  }

  [Symbol.iterator](): IterableIterator<WebSocket> {
    return untilClosed(
      () => this.done,
      () => this.accept(),
    );
  }

  /** Accepts nothing more. WebSockets that were accepted go on. Never blocks. */
  close(): void {
    if (this.done) return;
    this.done = true;
    this.server.close();
    this.server.closeAllConnections(); // those that are no WebSockets
    for (const socket of this.arrived.splice(0)) socket.terminate();
    this.waiters.failAll(new SocketClosedError("the listener is closed"));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  private arrive(socket: WebSocket): void {
    if (this.waiters.wakeOne(socket)) return;
    if (this.arrived.length < this.backlog && !this.done) this.arrived.push(socket);
    else socket.terminate();
  }
}

/**
 * Listens for WebSockets on `{ port, host }` or `{ path }`. Other requests get the status 426.
 *
 * @throws what `listen` does.
 */
export function listenWebSocket(options: ListenWebSocketOptions): WebSocketListener {
  if (typeof options !== "object" || options === null)
    throw wrongType("options", "an object of port, host, or path", options);
  checkOptions("listenWebSocket", options, LISTEN_OPTIONS);
  const { backlog = 511, tls, pathname, port, host, path } = options;
  const refuse: http.RequestListener = (_, response) => {
    response.writeHead(426, { connection: "close", "content-type": "text/plain" });
    response.end("Upgrade Required\n");
  };
  const server =
    tls === undefined ? http.createServer(refuse) : https.createServer({ ...tls }, refuse);
  const where = {
    ...(port === undefined ? {} : { port }),
    ...(host === undefined ? {} : { host }),
    ...(path === undefined ? {} : { path }),
  };
  const upgrades = upgrader({ ...options }, pathname, server);
  upgrades.on("error", () => {}); // those of the server
  listenWith(server, where, backlog, "listenWebSocket");
  return new WebSocketListener(server, upgrades, backlog);
}

/**
 * Answers the request of a client that wants a WebSocket: for a server of `node:http`, which calls
 * back with all three at its event `upgrade`. Never blocks, so it can be called right there.
 *
 * @throws Error when the request was none for a WebSocket; the client has been told then.
 */
export function acceptWebSocket(
  request: http.IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options?: AcceptWebSocketOptions,
): WebSocket {
  checkOptions("acceptWebSocket", options, ACCEPT_OPTIONS);
  const upgrades = upgrader(options ?? {}, undefined, null);
  let accepted: WebSocket | null = null;
  let failure = new Error("the request is none for a WebSocket");
  upgrades.on("wsClientError", (error, stream) => {
    failure = error;
    stream.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  });
  // It calls back at once.
  upgrades.handleUpgrade(request, socket, head, (ws) => {
    accepted = new WebSocket(ws, request);
  });
  if (accepted === null) throw placeHere(failure);
  return accepted;
}

function upgrader(
  options: AcceptWebSocketOptions,
  pathname: string | undefined,
  server: http.Server | null,
): WebSocketServer {
  const { protocols = [] } = options;
  return new (loadWs().WebSocketServer)({
    ...wsOptions(options),
    ...(server === null ? { noServer: true } : { server }),
    ...(pathname === undefined ? {} : { path: pathname }),
    handleProtocols: (offered) => protocols.find((one) => offered.has(one)) ?? false,
  });
}
