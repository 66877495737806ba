import { Timer } from "@greenlit/core";
import { Waiter } from "@greenlit/core/blocking-call";
import { type Dispatcher, errors } from "undici";
import { Body } from "./body.js";
import type { Deadline } from "./deadline.js";
import { thrownHere } from "./errors.js";
import type { Upload } from "./upload.js";

/** The response to a `request`. */
export interface NetResponse {
  readonly status: number;
  readonly statusText: string;
  /** Names in lower case. Several lines of the same name are an array. */
  readonly headers: Record<string, string | string[]>;
  /**
   * Names and values in turns, as they came: in their order, spelling and number. Bytes beyond
   * ASCII are latin-1.
   */
  readonly rawHeaders: readonly string[];
  readonly body: Body;
}

/**
 * One request on its way: undici's handler.
 *
 *     queued -> sent (onRequestStart) -> answered (onResponseStart) -> body data -> ended
 *
 * Its callbacks run inside undici's parser, which must not be entered again until they return. So
 * they never switch to the greenlet, they only queue it.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  private readonly deadline: Deadline;
  private readonly connectTimeout: number | undefined;
  private connectTimer: Timer | undefined;
  private controller: Dispatcher.DispatchController | null = null;
  private waiter: Waiter | null = null;
  private answer: NetResponse | null = null;
  private failure: Error | null = null;

  constructor(deadline: Deadline, connectTimeout: number | undefined) {
    this.deadline = deadline;
    this.connectTimeout = connectTimeout;
    if (connectTimeout !== undefined) {
      this.connectTimer = new Timer(connectTimeout, () => this.connectionOverdue());
    }
  }

  /**
   * Sends what there is to send, then waits for the headers (in this order, as the Fetch standard
   * does it). Aborts the exchange when interrupted.
   */
  response(upload: Upload | null): NetResponse {
    try {
      for (;;) {
        if (this.failure !== null) throw thrownHere(this.failure);
        if (upload?.wanting === true) upload.give();
        else if (this.answer !== null && upload?.finished !== false) return this.answer;
        else this.park(upload);
      }
    } catch (error) {
      this.abort(error as Error);
      throw error;
    } finally {
      upload?.stop();
      this.connectTimer?.stop();
    }
  }

  private park(upload: Upload | null): void {
    const waiter = new Waiter("http.request");
    this.waiter = waiter;
    if (upload !== null) upload.onChange = () => waiter.wake();
    this.deadline.wait(waiter);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.connectTimer?.stop();
    this.controller = controller;
    if (this.failure !== null) controller.abort(this.failure);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
    statusText?: string,
  ): void {
    if (status < 200) return; // informational; the response is still to come
    const body = new Body(controller, this.deadline, Number(headers["content-length"] ?? NaN));
    const { rawHeaders } = controller;
    this.answer = {
      status,
      statusText: statusText ?? "",
      headers: headers as Record<string, string | string[]>,
      // Few ask for them: they are decoded then.
      get rawHeaders(): readonly string[] {
        return Array.isArray(rawHeaders) ? rawHeaders.map(decode) : inTurns(this.headers);
      },
      body,
    };
    this.wakeSoon();
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.answer?.body.push(chunk);
  }

  onResponseEnd(): void {
    this.answer?.body.end();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.answer === null) this.failure ??= error;
    else this.answer.body.fail(error);
    this.waiter?.wake();
  }

  private connectionOverdue(): void {
    this.failure = new errors.ConnectTimeoutError(
      `no connection within ${this.connectTimeout} ms (connectTimeout)`,
    );
    this.waiter?.wake();
  }

  /**
   * Undici gives a connection back in a setImmediate after the end of the response. A greenlet that
   * ran before that, and sent its next request, would make it open a second connection; so one that
   * has a response already is woken behind it.
   */
  private wakeSoon(): void {
    setImmediate(wake, this.waiter);
  }

  private abort(reason: Error): void {
    this.failure ??= reason;
    this.controller?.abort(reason);
  }
}

function decode(part: string | Buffer): string {
  return typeof part === "string" ? part : part.toString("latin1");
}

/** What is left of the order and spelling when the dispatcher is of an older undici. */
function inTurns(headers: NetResponse["headers"]): string[] {
  return Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().flatMap((value) => [name, value]),
  );
}

function wake(waiter: Waiter | null): void {
  waiter?.wake();
}
