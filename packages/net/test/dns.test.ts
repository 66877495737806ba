import { createSocket, type Socket } from "node:dgram";
import * as dns from "node:dns";
import { promisify } from "node:util";
import { Timeout } from "@greenlit/core";
import { green } from "@greenlit/testing";
import { describe, expect, it } from "vitest";
import { lookup, resolve } from "../src/index.js";

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
  /** A name server on loopback: one address for every name, but none for names that begin with "no". */
  async function nameServer(): Promise<Socket> {
    const server = createSocket("udp4", (query, { port, address }) => {
      const known = query.toString("latin1", 13, 15) !== "no";
      const header = Buffer.from(query.subarray(0, 12));
      header.writeUInt16BE(known ? 0x8580 : 0x8583, 2); // an answer, authoritative; RFC 1035 section 4.1.1
      header.writeUInt16BE(known ? 1 : 0, 6);
      header.writeUInt32BE(0, 8);
      const question = query.subarray(12, query.indexOf(0, 12) + 5);
      const answer = Buffer.from("c00c000100010000003c0004c0000207", "hex"); // A, 60 s, 192.0.2.7
      server.send([header, question, known ? answer : Buffer.alloc(0)], port, address);
    });
    await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
    return server;
  }

  it("asks the name server", async () => {
    const server = await nameServer();
    const before = dns.getServers();
    dns.setServers([`127.0.0.1:${server.address().port}`]);
    try {
      await green(() => {
        expect(resolve("greenlit.test")).toEqual(["192.0.2.7"]);
        expect(resolve("greenlit.test", "A", { timeout: 5000 })).toEqual(["192.0.2.7"]);
        expect(() => resolve("no.greenlit.test", "MX")).toThrow(
          "queryMx ENOTFOUND no.greenlit.test",
        );
        expect(() => resolve("greenlit.test", "NOPE" as "A")).toThrow(/rrtype/);
        server.removeAllListeners("message");
        expect(() => resolve("silence.greenlit.test", "A", { timeout: 20 })).toThrow(Timeout);
      })();
    } finally {
      dns.setServers(before);
      server.close();
    }
  });
});
