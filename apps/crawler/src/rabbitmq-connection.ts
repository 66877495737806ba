import { createRequire } from "node:module";
import { Semaphore, sleep, wait } from "greenlit";
import type { ChannelModel, ConfirmChannel, GetMessage } from "amqplib";
import { errorMessage } from "./errors.js";
import { StoreError } from "./store.js";

/** Loaded when a crawl is kept there: others need not wait for it. */
const require = createRequire(import.meta.url);
const load = (): typeof import("amqplib") => require("amqplib") as never;

/** For how long a lost connection is made anew, and how long one may take, in ms. */
const PATIENCE = 60_000;
const CONNECT_TIMEOUT = 10_000;
const LONGEST_PAUSE = 1_000;
/** Seconds without a sign of life after which either side gives the connection up. */
const HEARTBEAT = 30;

interface Connection {
  readonly model: ChannelModel;
  readonly channel: ConfirmChannel;
  /** Queues that are there for certain. */
  readonly declared: Set<string>;
}

/** A message that was got; it is the server's until it is acknowledged. */
export interface Message {
  readonly body: string;
  readonly message: GetMessage;
  readonly connection: Connection;
}

/**
 * A connection to a RabbitMQ server that outlives the server's restarts: what was not confirmed is
 * published again, and what was got and not acknowledged comes again.
 */
export class RabbitmqConnection {
  private readonly url: string;
  /** A channel is no place for two greenlets. */
  private readonly oneAtATime = new Semaphore(1);
  private current: Connection | null = null;

  /** Blocks until it is there. @throws StoreError */
  constructor(url: string) {
    this.url = url;
    try {
      this.connect();
    } catch (error) {
      const advice = ": is it running there, and are user and password right?";
      throw this.failure("cannot be reached", error, advice);
    }
  }

  /** Blocks until the server has all of the messages for good. @throws StoreError */
  publish(messages: readonly { readonly queue: string; readonly body: string }[]): void {
    if (messages.length === 0) return;
    this.again((connection) => {
      for (const { queue, body } of messages) {
        declare(connection, queue);
        connection.channel.sendToQueue(queue, Buffer.from(body), { persistent: true });
      }
      wait(connection.channel.waitForConfirms());
    });
  }

  /** The next message of a queue; null when there is none now. @throws StoreError */
  get(queue: string): Message | null {
    return this.again((connection) => {
      declare(connection, queue);
      const message = wait(connection.channel.get(queue));
      if (message === false) return null;
      return { body: message.content.toString(), message, connection };
    });
  }

  /** The message is gone for good, or comes again when the connection is lost right now. */
  acknowledge({ message, connection }: Message): void {
    if (connection === this.current) connection.channel.ack(message);
  }

  /** Gives a message back to its queue. */
  giveBack({ message, connection }: Message): void {
    if (connection === this.current) connection.channel.nack(message);
  }

  /** Removes queues, whatever is in them. @throws StoreError */
  remove(queues: readonly string[]): void {
    this.again(({ channel }) => {
      for (const queue of queues) wait(channel.deleteQueue(queue));
    });
  }

  close(): void {
    this.oneAtATime.acquire();
    try {
      const { current } = this;
      this.current = null;
      // Whatever is on its way is sent first.
      if (current !== null) wait(current.model.close().catch(() => {}));
    } finally {
      this.oneAtATime.release();
    }
  }

  /** Until it is done, or refused; or there was no connection for too long. */
  private again<T>(attempt: (connection: Connection) => T): T {
    this.oneAtATime.acquire();
    try {
      const until = performance.now() + PATIENCE;
      for (let pause = 50; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
        try {
          return attempt(this.current ?? this.connect());
        } catch (error) {
          if (isInterrupt(error)) throw error;
          if (isRefusal(error)) throw this.failure("refuses", error);
          const lost = `was not reached again within ${PATIENCE / 1000} s`;
          if (performance.now() > until) throw this.failure(lost, error);
          this.current?.model.close().catch(() => {});
          this.current = null;
          sleep(pause);
        }
      }
    } finally {
      this.oneAtATime.release();
    }
  }

  private connect(): Connection {
    const properties = { connection_name: `greenlit-crawl-${process.pid}` };
    // A message is got by one small packet: held back for more, it takes 40 ms.
    const socket = { timeout: CONNECT_TIMEOUT, clientProperties: properties, noDelay: true };
    const url = new URL(this.url);
    if (!url.searchParams.has("heartbeat")) url.searchParams.set("heartbeat", String(HEARTBEAT));
    const model = wait(load().connect(url.href, socket));
    model.on("error", () => {}); // whoever asks is told
    const channel = wait(model.createConfirmChannel());
    const connection = { model, channel, declared: new Set<string>() };
    this.current = connection;
    const forget = (): void => {
      if (this.current === connection) this.current = null;
    };
    model.on("close", forget);
    channel.on("error", () => {}).on("close", forget);
    return connection;
  }

  private failure(what: string, cause: unknown, advice = ""): StoreError {
    const message = `RabbitMQ at ${new URL(this.url).host} ${what} (${errorMessage(cause)})${advice}`;
    return new StoreError(message, { cause });
  }
}

function declare({ channel, declared }: Connection, queue: string): void {
  if (declared.has(queue)) return;
  wait(channel.assertQueue(queue, { durable: true }));
  declared.add(queue);
}

/** AMQP's codes for what would be refused again: 403 access refused, 406 precondition failed ... */
function isRefusal(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "number" && code >= 400 && code < 500;
}

/** The greenlet was killed, or its time is over. */
function isInterrupt(error: unknown): boolean {
  return String((error as { code?: unknown } | null)?.code).startsWith("ERR_GREENLIT_");
}
