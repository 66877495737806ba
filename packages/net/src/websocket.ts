import type { IncomingMessage } from "node:http";
import { ConcurrentObjectUseError } from "@greenlit/core";
import { blocker, outOfRange, stayFair, Waiter, wrongType } from "@greenlit/core/blocking-call";
import type { WebSocket as Ws } from "ws";
import { type CallOptions, Deadline } from "./deadline.js";
import { SocketClosedError, thrownHere } from "./errors.js";
import { untilNull } from "./steps.js";

/** What is received: a string of a text message, bytes of a binary one. */
export type Message = string | Buffer;

/** What may wait here to be received before the sender is held back. */
const MOST_MESSAGES = 64;
const MOST_BYTES = 1 << 20;

const CLOSED = 3;
const OPEN = 1;

/**
 * A WebSocket (RFC 6455) in blocking style. Made by `connectWebSocket`, `acceptWebSocket` and
 * `WebSocketListener.accept`.
 *
 * One greenlet receives at a time; any number may send. While nobody receives, at most a few
 * messages wait here, and then the sender is held back. Pings of the peer are answered meanwhile.
 */
export class WebSocket implements Iterable<Message> {
  /** The request that opened it, where this is the server's side; else null. */
  readonly request: IncomingMessage | null;
  private readonly ws: Ws;
  private readonly arrived: Message[] = [];
  /** Of those that have arrived, in bytes. */
  private size = 0;
  private paused = false;
  private receiver: Waiter | null = null;
  private readonly closers = new Set<Waiter>();
  private readonly pings = new Map<string, Waiter>();
  private pinged = 0;
  private closing = false;
  private failure: unknown = null;
  private code: number | null = null;
  private text = "";

  /** @internal */
  constructor(ws: Ws, request: IncomingMessage | null) {
    this.ws = ws;
    this.request = request;
    ws.on("message", (data: Buffer, isBinary: boolean) => this.arrive(data, isBinary));
    ws.on("pong", (data: Buffer) => this.pings.get(String(data))?.wake());
    ws.on("error", (error) => (this.failure ??= error));
    ws.on("close", (code, reason) => this.end(code, String(reason)));
  }

  /** The protocol that both sides have chosen, "" if none. */
  get protocol(): string {
    return this.ws.protocol;
  }

  get closed(): boolean {
    return this.ws.readyState === CLOSED;
  }

  /** Why it was closed (RFC 6455, section 7.4); null while it is open. */
  get closeCode(): number | null {
    return this.code;
  }

  /** What the side that closed it said. */
  get closeReason(): string {
    return this.text;
  }

  /**
   * The next message; null when the peer has closed the connection: see `closeCode`.
   *
   * @throws ConcurrentObjectUseError when another greenlet is receiving; SocketClosedError when
   *   this side has closed it; the error that ended it: ECONNRESET when the peer has gone without
   *   closing it, WS_ERR_UNSUPPORTED_MESSAGE_LENGTH for a message beyond `maxMessage`, other
   *   WS_ERR_... codes for what is against the protocol.
   */
  receive(options?: CallOptions): Message | null {
    const what = "WebSocket.receive";
    const deadline = Deadline.of(what, options);
    if (this.receiver !== null)
      throw new ConcurrentObjectUseError("two greenlets receive from the same WebSocket");
    if (this.arrived.length > 0) stayFair(what);
    for (;;) {
      const message = this.arrived.shift();
      if (message !== undefined) {
        this.size -= message.length;
        if (this.paused && this.arrived.length === 0) this.pause(false);
        return message;
      }
      if (this.closing) throw new SocketClosedError("the WebSocket is closed");
      if (this.failure !== null) throw thrownHere(this.failure);
      if (this.code !== null) return null;
      const waiter = new Waiter(what);
      this.receiver = waiter;
      try {
        deadline.wait(waiter);
      } finally {
        this.receiver = null;
      }
    }
  }

  /** The messages as they come, until the peer closes. */
  [Symbol.iterator](): IterableIterator<Message> {
    return untilNull(() => this.receive());
  }

  /**
   * Sends a message, text for a string, and returns when the system has it. A call that is
   * interrupted has sent it all the same, or will.
   *
   * @throws SocketClosedError when it is closed, or closing.
   */
  send(data: string | Uint8Array, options?: CallOptions): void {
    const what = "WebSocket.send";
    const deadline = Deadline.of(what, options);
    if (typeof data !== "string" && !(data instanceof Uint8Array))
      throw wrongType("data", "a string or Uint8Array", data);
    blocker(what);
    stayFair(what);
    this.checkOpen();
    const waiter = new Waiter(what);
    let failure: unknown = null;
    this.ws.send(data, (error) => {
      failure = error ?? null;
      waiter.wake();
    });
    deadline.wait(waiter);
    if (failure !== null) throw thrownHere(this.failure ?? failure);
  }

  /**
   * Asks the peer whether it is there, and blocks until it answers.
   *
   * @returns how long that took, in milliseconds.
   */
  ping(options?: CallOptions): number {
    const what = "WebSocket.ping";
    const deadline = Deadline.of(what, options);
    const waiter = new Waiter(what);
    this.checkOpen();
    const id = String(++this.pinged);
    const begun = performance.now();
    this.pings.set(id, waiter);
    try {
      this.ws.ping(id);
      deadline.wait(waiter);
    } finally {
      this.pings.delete(id);
    }
    if (this.code !== null) throw thrownHere(this.failure ?? new SocketClosedError());
    return performance.now() - begun;
  }

  /**
   * Closes it, and blocks until the peer has done so, too. Messages that come meanwhile are
   * dropped. When the call is interrupted, the connection is cut off.
   *
   * @param code 1000, or 3000 to 4999, or one that RFC 6455 lets be sent.
   * @param reason at most 123 bytes.
   */
  close(code: number = 1000, reason: string = "", options?: CallOptions): void {
    const what = "WebSocket.close";
    const deadline = Deadline.of(what, options);
    if (typeof code !== "number") throw wrongType("code", "a number", code);
    if (Buffer.byteLength(reason) > 123) throw outOfRange("reason", "at most 123 bytes", reason);
    blocker(what);
    this.begin(code, reason);
    if (this.closed) return;
    const waiter = new Waiter(what);
    this.closers.add(waiter);
    try {
      deadline.wait(waiter);
    } catch (error) {
      this.ws.terminate();
      throw error;
    } finally {
      this.closers.delete(waiter);
    }
  }

  /** Cuts the connection off; greenlets that wait get a SocketClosedError. Never blocks. */
  terminate(): void {
    this.closing = true;
    this.ws.terminate();
  }

  /** Begins to close it, and does not wait for the peer. */
  [Symbol.dispose](): void {
    this.begin(1000, "");
  }

  /** @throws TypeError for a code that must not be sent. */
  private begin(code: number, reason: string): void {
    this.ws.close(code, reason);
    this.closing = true;
    this.arrived.length = this.size = 0;
    this.pause(false); // or the peer's answer would not be read
    this.receiver?.wake();
  }

  private checkOpen(): void {
    if (this.ws.readyState === OPEN) return;
    throw this.failure === null
      ? new SocketClosedError("the WebSocket is closed")
      : thrownHere(this.failure);
  }

  private arrive(data: Buffer, isBinary: boolean): void {
    if (this.closing) return;
    this.arrived.push(isBinary ? data : data.toString());
    this.size += (this.arrived.at(-1) as Message).length;
    if (this.arrived.length >= MOST_MESSAGES || this.size >= MOST_BYTES) this.pause(true);
    this.receiver?.wake();
  }

  private pause(on: boolean): void {
    this.paused = on;
    if (on) this.ws.pause();
    else this.ws.resume();
  }

  private end(code: number, reason: string): void {
    this.code = code;
    this.text = reason;
    if (code === NO_CLOSE && !this.closing) this.failure ??= brokenOff();
    for (const waiter of [this.receiver, ...this.closers, ...this.pings.values()]) waiter?.wake();
  }
}

/** RFC 6455, section 7.4.1: the connection ended without a closing handshake. */
const NO_CLOSE = 1006;

function brokenOff(): Error {
  const error = new Error("the peer ended the connection without closing the WebSocket");
  return Object.assign(error, { code: "ECONNRESET" });
}
