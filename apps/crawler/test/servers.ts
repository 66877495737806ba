import { connect } from "node:net";
import { describe } from "vitest";

/** Servers that tests use. Where one is not there, they are skipped; in CI that is a failure. */
const SERVERS = {
  redis: process.env["REDIS_URL"] ?? "redis://127.0.0.1:6379/1",
  postgres: process.env["POSTGRES_URL"] ?? "postgres://postgres@127.0.0.1:5432/test",
  rabbitmq: process.env["RABBITMQ_URL"] ?? "amqp://guest:guest@127.0.0.1:5672",
} as const;
const PORTS = { redis: 6379, postgres: 5432, rabbitmq: 5672 } as const;

export interface TestServer {
  readonly url: string;
  /** Why its tests are skipped; null: it is there. */
  readonly reason: string | null;
}

/** Prints why, when its tests are to be skipped. @throws Error in CI, when it is not there */
export async function findServer(name: keyof typeof SERVERS): Promise<TestServer> {
  const url = SERVERS[name];
  const { hostname, port } = new URL(url);
  const error = await new Promise<Error | null>((resolve) => {
    const socket = connect(Number(port || PORTS[name]), hostname);
    socket.setTimeout(5_000, () => socket.destroy(new Error("timed out")));
    socket.once("error", resolve).once("connect", () => resolve(null));
    socket.once("connect", () => socket.destroy());
  });
  if (error === null) return { url, reason: null };
  const reason = `${name} is not at ${hostname}: ${error.message}`;
  if ((process.env["CI"] ?? process.env["GREENLIT_CI"]) !== undefined) throw new Error(reason);
  console.log(`its tests are skipped: ${reason}`);
  return { url, reason };
}

let jobs = 0;
/** A name for a crawl that no other test has. */
export const newJob = (): string => `test-${process.pid}-${++jobs}`;

/** For tests that need a server. */
export const describeWith = ({ reason }: TestServer): typeof describe =>
  (reason === null ? describe : describe.skip) as typeof describe;

/** Stores that several machines can share, by name. */
export async function findSharedStores(): Promise<Record<string, TestServer>> {
  const names = ["postgres", "redis", "rabbitmq"] as const;
  const [PostgreSQL, Redis, rabbitmq] = await Promise.all(names.map((name) => findServer(name)));
  const url = `${rabbitmq!.url}?known=${Redis!.url}`;
  const RabbitMQ = { url, reason: rabbitmq!.reason ?? Redis!.reason };
  return { PostgreSQL: PostgreSQL!, Redis: Redis!, RabbitMQ };
}
