import { RabbitmqConnection } from "./rabbitmq-connection.js";
import { Recent } from "./recent.js";
import { fieldsOf, RedisStore, type RedisStoreOptions } from "./redis-store.js";
import { type Changes, type StoredEntry, StoreError, type Wanted } from "./store.js";
import { digestOf } from "./url-digest.js";

/**
 * Ms after which messages that should be there are taken for lost. Those of a worker that hangs
 * come again when its connection is given up.
 */
const PATIENCE = 180_000;
/** Entries in one message, at most: so many more than were asked for may be received. */
const BATCH = 100;

/**
 * Entries that wait are messages in a RabbitMQ server, in a queue for each host; a Redis server has
 * the rest: which URLs are known, who has which host, and of the hosts that a worker has what it
 * has received and not ended. So Redis needs half the memory, and URLs of any length cost the same.
 *
 *     found --publish, confirmed--> RabbitMQ --get--> worker --receive--> Redis --ended--> gone
 *              then known, in one commit               then acknowledged
 *
 * Nothing is lost: a URL is known only once the server has confirmed that it has the message, and a
 * message is acknowledged only once Redis has what it says. Nothing is doubled: Redis takes in each
 * URL once, whatever comes again. A worker that dies
 *
 * - before the confirmation, or before the commit: its page has not ended, so that is fetched
 *   again, and its links are published again. A message of the first time may be received
 *   meanwhile: it makes its URL known, and the other is dropped; or the other way round.
 * - after the commit: all of it has happened.
 * - before Redis has received a message, or before that is acknowledged: RabbitMQ gives it to the
 *   next one. If Redis had received it, it is dropped.
 *
 * The same holds where a server goes away in the middle, and what was not answered is done again.
 */
export class RabbitmqStore extends RedisStore {
  private readonly rabbit: RabbitmqConnection;
  private readonly job: string;
  /** Queues with messages that do not come: since when, and when that was seen last. */
  private readonly missing = new Recent<string, { since: number; seen: number }>(1_000);

  /**
   * @param url `amqp://user:password@host:port/vhost?known=redis://...`, or `amqps:` for TLS
   * @throws StoreError when one of the servers cannot be reached, or has a crawl of another version
   */
  constructor(url: string, options: RedisStoreOptions) {
    const { rabbitmq, redis } = serversOf(url);
    super(redis, options);
    this.job = options.job;
    try {
      this.rabbit = new RabbitmqConnection(rabbitmq);
    } catch (error) {
      super.close();
      throw error;
    }
  }

  /** Removes a crawl from both servers. @throws StoreError */
  static override drop(url: string, job: string): void {
    const { rabbitmq, redis } = serversOf(url);
    const rabbit = new RabbitmqConnection(rabbitmq);
    try {
      rabbit.remove(RedisStore.outsides(redis, job).map((queue) => nameOf(job, queue)));
    } finally {
      rabbit.close();
    }
    RedisStore.drop(redis, job);
  }

  override commit(changes: Changes): void {
    const { added, moved } = changes;
    const digests = added.map(({ url }) => digestOf(url));
    const isKnown = this.areKnown(digests);
    const fresh = [
      ...added
        .map((entry, at) => ({ entry, digest: digests[at]! }))
        .filter((_, at) => !isKnown[at]),
      // Known as the move that it is, and so only once, too.
      ...moved.map((entry) => ({ entry, digest: digestOf(JSON.stringify(entry)) })),
    ];
    const byQueue = new Map<string, string[][]>();
    for (const { entry, digest } of fresh) {
      let entries = byQueue.get(entry.queue);
      if (entries === undefined) byQueue.set(entry.queue, (entries = []));
      entries.push([digest.toString("base64url"), ...fieldsOf(entry)]);
    }
    this.rabbit.publish(
      [...byQueue].flatMap(([queue, entries]) =>
        inBatches(entries).map((batch) => {
          return { queue: nameOf(this.job, queue), body: JSON.stringify(batch) };
        }),
      ),
    );
    const announced = fresh.map(({ entry: { queue }, digest }) => ({ digest, queue }));
    this.commitWith({ ...changes, added: [], moved: [] }, announced);
  }

  override read(wanted: readonly Wanted[]): StoredEntry[][] {
    const lists = super.read(wanted);
    const short = wanted.filter(({ count }, at) => lists[at]!.length < count);
    const backlogs = this.backlogs(short.map(({ queue }) => queue));
    const waiting = short.filter((_, at) => backlogs[at]! > 0);
    if (waiting.length === 0) return lists;
    for (const { queue, count } of waiting) {
      this.receive(queue, count - lists[wanted.findIndex((it) => it.queue === queue)]!.length);
    }
    return super.read(wanted);
  }

  override close(): void {
    this.rabbit.close();
    super.close();
  }

  /** Moves entries from RabbitMQ to Redis: so many, or some more, or all that there are. */
  private receive(queue: string, count: number): void {
    for (let left = count; left > 0;) {
      const message = this.rabbit.get(nameOf(this.job, queue));
      if (message === null) return this.miss(queue);
      const entries = JSON.parse(message.body) as string[][];
      const flat = entries.flatMap(([digest, ...fields]) => [
        Buffer.from(digest!, "base64url"),
        ...fields,
      ]);
      if (this.change("receive", [queue, ...flat]) !== true) return this.rabbit.giveBack(message);
      this.rabbit.acknowledge(message);
      left -= entries.length;
    }
  }

  /** @throws StoreError when that goes on for too long */
  private miss(queue: string): void {
    const now = performance.now();
    const before = this.missing.get(queue);
    const isOngoing = before !== undefined && now - before.seen < PATIENCE / 4;
    const since = isOngoing ? before.since : now;
    this.missing.set(queue, { since, seen: now });
    if (now - since < PATIENCE) return;
    throw new StoreError(
      `RabbitMQ has no message for URLs of ${queue} that wait there: was its queue emptied, ` +
        "or did the server lose it? Start over with --fresh",
    );
  }
}

/** @throws StoreError when the second one is not named */
function serversOf(url: string): { rabbitmq: string; redis: string } {
  const rabbitmq = new URL(url);
  const redis = rabbitmq.searchParams.get("known");
  if (redis === null) {
    throw new StoreError(
      "RabbitMQ keeps the URLs that wait, and needs a Redis server for those that are known: " +
        "amqp://...?known=redis://...",
    );
  }
  rabbitmq.searchParams.delete("known");
  return { rabbitmq: rabbitmq.href, redis };
}

function inBatches<T>(all: readonly T[]): T[][] {
  const batches: T[][] = [];
  for (let at = 0; at < all.length; at += BATCH) batches.push(all.slice(at, at + BATCH));
  return batches;
}

/** AMQP takes names of 255 bytes. */
function nameOf(job: string, queue: string): string {
  const name = `greenlit-crawl.${job}.${queue}`;
  if (Buffer.byteLength(name) <= 255) return name;
  return `${name.slice(0, 100)}.${digestOf(name).toString("base64url")}`;
}
