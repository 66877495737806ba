import { execFileSync } from "node:child_process";
import * as dns from "node:dns";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { sleep, spawn, Timeout } from "@greenlit/core";
import { fakeClock, green, thrownBy } from "@greenlit/testing";
import { describe, expect, it } from "vitest";
import { Deadline } from "../src/deadline.js";
import { MOST } from "../src/dns-cache.js";
import { HostsFile } from "../src/hosts.js";
import { addresses, lookup, resolve } from "../src/index.js";
import { Resolver } from "../src/resolver.js";
import { SearchList } from "../src/search-list.js";
import { withNameServer } from "./name-server.js";

describe("lookup", () => {
  it("finds what dns.lookup finds", async () => {
    const one = await dns.promises.lookup("localhost", { family: 4 });
    const all = await dns.promises.lookup("localhost", { all: true });
    await green(() => {
      expect(lookup("localhost", { family: 4 })).toEqual(one);
      expect(lookup("localhost", { all: true })).toEqual(all);
      expect(lookup("127.0.0.1")).toEqual({ address: "127.0.0.1", family: 4 });
    })();
  });

  it("throws what dns.lookup throws", async () => {
    const theirs = await promisify(dns.lookup)("a name with spaces").catch(
      (error: unknown) => error,
    );
    await green(function theCaller() {
      let ours: unknown;
      try {
        lookup("a name with spaces");
      } catch (error) {
        ours = error;
      }
      for (const property of ["message", "code", "syscall", "hostname"] as const) {
        expect([
          property,
          (ours as NodeJS.ErrnoException & { hostname: string })[property],
        ]).toEqual([property, (theirs as NodeJS.ErrnoException & { hostname: string })[property]]);
      }
      expect((ours as Error).stack).toMatch(/theCaller/);
    })();
  });
});

describe("resolve", () => {
  it("asks the name server", () =>
    withNameServer(
      { "greenlit.test": { addresses: ["192.0.2.7"] }, "silence.test": { silent: true } },
      green(() => {
        expect(resolve("greenlit.test")).toEqual(["192.0.2.7"]);
        expect(resolve("greenlit.test", "A", { timeout: 5000 })).toEqual(["192.0.2.7"]);
        expect(() => resolve("no.greenlit.test", "MX")).toThrow(
          "queryMx ENOTFOUND no.greenlit.test",
        );
        expect(() => resolve("greenlit.test", "NOPE" as "A")).toThrow(/rrtype/);
        expect(() => resolve("silence.test", "A", { timeout: 20 })).toThrow(Timeout);
      }),
    ));
});

describe("addresses", () => {
  it("finds both families, and those of one", () =>
    withNameServer(
      {
        "both.test": { addresses: ["192.0.2.1", "192.0.2.2", "2001:db8::1"] },
        "four.test": { addresses: ["192.0.2.3"] },
      },
      green(() => {
        expect(addresses("both.test")).toEqual([
          { address: "2001:db8::1", family: 6 },
          { address: "192.0.2.1", family: 4 },
          { address: "192.0.2.2", family: 4 },
        ]);
        expect(addresses("both.test", { family: 4 })).toHaveLength(2);
        expect(addresses("four.test").map(({ address }) => address)).toEqual(["192.0.2.3"]);
        const none = thrownBy(function theCaller() {
          addresses("four.test", { family: 6 });
        }) as NodeJS.ErrnoException & { hostname: string };
        expect([none.code, none.syscall, none.hostname, none.message]).toEqual([
          "ENOTFOUND",
          "getaddrinfo",
          "four.test",
          "getaddrinfo ENOTFOUND four.test",
        ]);
        expect(none.stack).toMatch(/theCaller/);
        const impossible = thrownBy(() => addresses("x".repeat(300))) as NodeJS.ErrnoException;
        expect(impossible.code).toBe("ENOTFOUND");
      }),
    ));

  it("takes addresses as they are, and localhost without asking", () =>
    withNameServer({}, async ({ asked }) => {
      await green(() => {
        expect(addresses("127.0.0.9")).toEqual([{ address: "127.0.0.9", family: 4 }]);
        expect(addresses("::1")).toEqual([{ address: "::1", family: 6 }]);
        expect(addresses("localhost", { family: 4 })[0]).toEqual({
          address: "127.0.0.1",
          family: 4,
        });
        expect(() => addresses("127.0.0.1", { family: 6 })).toThrow("ENOTFOUND");
      })();
      expect(asked).toEqual([]);
    }));

  it("keeps an answer for its TTL, and not longer", () =>
    withNameServer(
      {
        "long.test": { addresses: ["192.0.2.1"], ttl: 10 },
        "zero.test": { addresses: ["192.0.2.2"], ttl: 0 },
      },
      async ({ asked }) => {
        await green(() => {
          using clock = fakeClock({ auto: false });
          const ask = (name: string): number => {
            addresses(name, { family: 4 });
            return asked.length;
          };
          expect([ask("long.test"), ask("LONG.test")]).toEqual([1, 1]);
          clock.advance(9_900);
          expect(ask("long.test")).toBe(1);
          clock.advance(200);
          expect(ask("long.test")).toBe(2);
          expect([ask("zero.test"), ask("zero.test")]).toEqual([3, 4]);
          const miss = (): number => {
            expect(() => addresses("none.test", { family: 4 })).toThrow("ENOTFOUND");
            return asked.length;
          };
          expect([miss(), miss()]).toEqual([5, 5]);
          clock.advance(5001);
          expect(miss()).toBe(6);
        })();
      },
    ));

  it("asks once for all who want the same at a time, also when the first gives up", () =>
    withNameServer({ "shared.test": { addresses: ["192.0.2.1"] } }, async ({ asked }) => {
      await green(() => {
        const first = spawn(() => addresses("shared.test"));
        const others = Array.from({ length: 50 }, () => spawn(() => addresses("shared.test")));
        sleep(0);
        first.kill();
        for (const one of others) {
          expect(one.get()).toEqual([{ address: "192.0.2.1", family: 4 }]);
        }
      })();
      expect(asked.sort()).toEqual(["A shared.test", "AAAA shared.test"]);
    }));

  it("throws an error of its own into each who waits for the same", () =>
    withNameServer(
      {},
      green(() => {
        const [a, b] = [1, 2].map(() => spawn(() => thrownBy(() => resolve("none.test"))));
        expect(String(a?.get())).toBe(String(b?.get()));
        expect(a?.get() === b?.get()).toBe(false);
      }),
    ));

  it("says EAI_AGAIN when the name servers fail, and asks again next time", () =>
    withNameServer({ "broken.test": { fails: 2 } }, async (server) => {
      await green(() => {
        const error = thrownBy(() => addresses("broken.test")) as NodeJS.ErrnoException;
        expect(error.code).toBe("EAI_AGAIN");
        expect((error.cause as NodeJS.ErrnoException).code).toBe("ESERVFAIL");
        server.zones = { "broken.test": { addresses: ["192.0.2.1"] } };
        expect(addresses("broken.test")).toHaveLength(1);
      })();
    }));

  it("does not grow without bound", () =>
    withNameServer({}, async () => {
      const { cache } = new Resolver();
      await green(() => {
        for (let i = 0; i < MOST + 20; i++) {
          expect(() => cache.records("A", `n${i}.test`, "test", Deadline.none)).toThrow(
            "ENOTFOUND",
          );
        }
      })();
      expect(cache.size).toBe(MOST);
    }));

  it("does not wait for the thread pool", () =>
    withNameServer({ "quick.test": { addresses: ["192.0.2.1"] } }, async () => {
      const folder = mkdtempSync(join(tmpdir(), "greenlit-"));
      const fifo = join(folder, "fifo");
      execFileSync("mkfifo", [fifo]);
      // More than it has threads: each waits until somebody opens the other end.
      let opened = 0;
      const busy = Array.from({ length: 200 }, () =>
        open(fifo, "r").then((file) => {
          opened++;
          return file.close();
        }),
      );
      try {
        await green(() => expect(addresses("quick.test")).toHaveLength(1))();
        expect(opened).toBe(0);
      } finally {
        const other = openSync(fifo, "r+");
        await Promise.all(busy);
        closeSync(other);
        rmSync(folder, { recursive: true });
      }
    }));

  it(
    "refuses what is no name, no family, and unknown options",
    green(() => {
      expect(() => addresses(5 as never)).toThrow("hostname must be a string");
      expect(() => addresses("x", { family: 5 as never })).toThrow("family must be 0, 4 or 6");
      expect(() => addresses("x", { famly: 4 } as never)).toThrow('did you mean "family"?');
    }),
  );
});

describe("the hosts file", () => {
  it(
    "is read, and read again when it has changed",
    green(() => {
      const folder = mkdtempSync(join(tmpdir(), "greenlit-"));
      const path = join(folder, "hosts");
      using clock = fakeClock({ auto: false });
      const hosts = new HostsFile(path);
      expect(hosts.find("printer")).toEqual([]);
      const local = hosts.find("db.localhost").map(({ address }) => address);
      expect(local).toEqual(["127.0.0.1", "::1"]);
      writeFileSync(
        path,
        "# all\n192.0.2.5\tPrinter lp # two names\n2001:db8::5 printer\nbad line\n",
      );
      clock.advance(2000);
      expect(hosts.find("PRINTER.")).toEqual([
        { address: "192.0.2.5", family: 4 },
        { address: "2001:db8::5", family: 6 },
      ]);
      expect(hosts.find("lp")).toHaveLength(1);
      rmSync(folder, { recursive: true });
      clock.advance(2000);
      expect(hosts.find("lp")).toEqual([]);
    }),
  );

  it("comes before the name servers", () =>
    withNameServer({}, async ({ asked }) => {
      const folder = mkdtempSync(join(tmpdir(), "greenlit-"));
      writeFileSync(join(folder, "hosts"), "192.0.2.6 here\n");
      const resolver = new Resolver(new HostsFile(join(folder, "hosts")), new SearchList(""));
      await green(() => {
        expect(resolver.addresses("here", 0, false, "test", Deadline.none)).toEqual([
          { address: "192.0.2.6", family: 4 },
        ]);
      })();
      expect(asked).toEqual([]);
      rmSync(folder, { recursive: true });
    }));
});

describe("the search list", () => {
  it("says in which order to ask", () => {
    const list = new SearchList(
      "domain old\nsearch a.test b.test. # two\noptions rotate ndots:2\n",
    );
    expect(list.candidates("x")).toEqual(["x.a.test", "x.b.test", "x"]);
    expect(list.candidates("x.y.z")).toEqual(["x.y.z", "x.y.z.a.test", "x.y.z.b.test"]);
    expect(list.candidates("x.")).toEqual(["x"]);
    expect(new SearchList("").candidates("x")).toEqual(["x"]);
    expect(new SearchList("domain d.test").candidates("x")).toEqual(["x.d.test", "x"]);
  });

  it("is gone through until there is an answer", () =>
    withNameServer({ "x.b.test": { addresses: ["192.0.2.8"] } }, async ({ asked }) => {
      const resolver = new Resolver(new HostsFile("/none"), new SearchList("search a.test b.test"));
      await green(() => {
        expect(resolver.addresses("x", 4, false, "test", Deadline.none)).toEqual([
          { address: "192.0.2.8", family: 4 },
        ]);
      })();
      expect(asked).toEqual(["A x.a.test", "A x.b.test"]);
    }));
});
