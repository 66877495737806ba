import { getHub, sleep, spawn, Timeout } from "@greenlit/core";
import { fakeClock, green, thrownBy } from "@greenlit/testing";
import { describe, expect, it } from "vitest";
import { Deadline } from "../src/deadline.js";
import { race } from "../src/happy-eyeballs.js";
import { connect, listen } from "../src/index.js";
import { withClosedPort } from "./closed-port.js";
import { withNameServer } from "./name-server.js";
import { overStreams } from "./over-streams.js";

/** A connection that is counted. */
class Connection {
  static open = 0;
  readonly to: string;

  constructor(to: string) {
    this.to = to;
    Connection.open += 1;
  }

  close(): void {
    Connection.open -= 1;
  }
}

interface Host {
  readonly after: number;
  readonly fails?: string;
}

/** Races for hosts that answer after a while. @returns who won, when, and what was tried when. */
function raceFor(hosts: Record<string, Host>, timeout?: number): unknown[] {
  const { clock } = getHub();
  const [begun, tried]: [number, string[]] = [clock.now(), []];
  const since = (): number => Math.round(clock.now() - begun);
  const attempt = (to: string): Connection => {
    tried.push(`${to} ${since()}`);
    const { after, fails } = hosts[to] as Host;
    sleep(after);
    if (fails !== undefined) throw Object.assign(new Error(`no ${to}`), { code: fails });
    return new Connection(to);
  };
  const options = timeout === undefined ? undefined : { timeout };
  let outcome: unknown;
  try {
    const deadline = Deadline.of("test", options);
    const won = race(Object.keys(hosts), attempt, undefined, "test", deadline);
    outcome = won.to;
    won.close();
  } catch (error) {
    outcome = error;
  }
  const time = since();
  sleep(5000); // whoever is late
  expect(Connection.open).toBe(0);
  return [outcome, time, tried];
}

/** In a time that passes by itself. */
const timed = (test: () => void): (() => Promise<void>) =>
  green(() => {
    using _clock = fakeClock();
    test();
  });

describe("a race for the addresses of a host", () => {
  it(
    "is won by the first, if it answers in time",
    timed(() => {
      expect(raceFor({ a: { after: 200 }, b: { after: 1 } })).toEqual(["a", 200, ["a 0"]]);
    }),
  );

  it(
    "tries the next while the first is silent, and takes whoever is first",
    timed(() => {
      expect(raceFor({ a: { after: 900 }, b: { after: 100 }, c: { after: 1 } })).toEqual([
        "b",
        350,
        ["a 0", "b 250"],
      ]);
      expect(raceFor({ a: { after: 300 }, b: { after: 100 } })).toEqual([
        "a",
        300,
        ["a 0", "b 250"],
      ]);
    }),
  );

  it(
    "tries the next at once when one fails",
    timed(() => {
      const hosts = { a: { after: 10, fails: "ENETUNREACH" }, b: { after: 20 } };
      expect(raceFor(hosts)).toEqual(["b", 30, ["a 0", "b 10"]]);
    }),
  );

  it(
    "throws all errors, with the code of the first",
    timed(() => {
      const [error, time] = raceFor({
        a: { after: 300, fails: "ECONNREFUSED" },
        b: { after: 10, fails: "EHOSTUNREACH" },
      }) as [AggregateError & { code: string }, number];
      expect(error).toBeInstanceOf(AggregateError);
      expect([error.code, error.errors.map(({ message }) => message), time]).toEqual([
        "EHOSTUNREACH",
        ["no b", "no a"],
        300,
      ]);
      const [only] = raceFor({ a: { after: 1, fails: "ECONNREFUSED" } });
      expect((only as Error).message).toBe("no a");
    }),
  );

  it(
    "ends with its time, or when its greenlet is killed, and leaves no connection",
    timed(() => {
      const [error, time] = raceFor({ a: { after: 900 }, b: { after: 900 } }, 600);
      expect([error instanceof Timeout, time]).toEqual([true, 600]);
      const doomed = spawn(() => raceFor({ a: { after: 900 }, b: { after: 900 } }));
      sleep(300);
      doomed.kill();
      sleep(5000);
      expect(Connection.open).toBe(0);
    }),
  );
});

describe.runIf(!overStreams)("connect", () => {
  const host = "127.0.0.1";

  it("finds a name, and the address of it that answers", () =>
    withNameServer(
      { "server.test": { addresses: ["2001:db8::1", "127.0.0.2", "127.0.0.1"] } },
      green(() => {
        using listener = listen({ port: 0, host });
        using near = connect({ port: listener.port, host: "server.test" });
        expect(near.remoteAddress).toBe(host);
      }),
    ));

  it("does not wait for IPv6 for long", () =>
    withNameServer(
      { "half.test": { addresses: [host], silent: "AAAA" } },
      green(() => {
        using listener = listen({ port: 0, host });
        using near = connect({ port: listener.port, host: "half.test", timeout: 4000 });
        expect(near.remoteAddress).toBe(host);
      }),
    ));

  it("says what Node says of a name that is not, and of a port that is closed", () =>
    withNameServer(
      { "closed.test": { addresses: [host] }, "both.test": { addresses: [host, "127.0.0.2"] } },
      green(() =>
        withClosedPort((port) => {
          const to = (name: string) => (): unknown => connect({ port, host: name });
          expect(thrownBy(to("none.test"))).toMatchObject({
            code: "ENOTFOUND",
            syscall: "getaddrinfo",
            hostname: "none.test",
          });
          expect(thrownBy(to("closed.test"))).toMatchObject({
            code: "ECONNREFUSED",
            syscall: "connect",
            address: host,
            port,
          });
          const both = thrownBy(to("both.test")) as AggregateError & { code: string };
          expect([both.code, both.errors.length]).toEqual(["ECONNREFUSED", 2]);
        }),
      ),
    ));
});
