import { mkdtempSync, openSync, closeSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn } from "@greenlit/core";
import { green, thrownBy } from "@greenlit/testing";
import { describe, expect, it } from "vitest";
import { socketPair, SocketClosedError } from "../src/index.js";

describe("socketPair", () => {
  it(
    "gives two sockets that speak to each other",
    green(() => {
      const [a, b] = socketPair();
      a.write("to b");
      b.write("to a");
      expect([String(b.read()), String(a.read())]).toEqual(["to b", "to a"]);
      a.end();
      expect(b.read()).toBe(null);
      b.close();
      a.close();
    }),
  );

  it(
    "closes a socket by itself when both directions have ended",
    green(() => {
      const [a, b] = socketPair();
      const other = spawn(() => {
        expect(b.read()).toBe(null);
        b.end();
      });
      a.end();
      expect(a.read()).toBe(null);
      other.get();
      while (!a.closed || !b.closed) other.join({ timeout: 1 });
      expect(a.read()).toBe(null);
      expect(() => a.write("x")).toThrow(SocketClosedError);
    }),
  );
});

describe("sendFile", () => {
  it(
    "sends all of a file, or a part",
    green(() => {
      const folder = mkdtempSync(join(tmpdir(), "greenlit-"));
      const path = join(folder, "file");
      const content = Buffer.from(Array.from({ length: 2_000_000 }, (_, i) => i % 251));
      writeFileSync(path, content);
      const fd = openSync(path, "r");
      const [a, b] = socketPair();
      try {
        const sender = spawn(() => [
          a.sendFile(path),
          a.sendFile(fd, { start: 10, size: 20 }),
          a.sendFile(path, { start: 1_999_999, size: 20 }),
          a.sendFile(path, { start: 3_000_000 }),
        ]);
        expect(b.readExactly(2_000_000).equals(content)).toBe(true);
        expect(b.readExactly(20).equals(content.subarray(10, 30))).toBe(true);
        expect(b.readExactly(1).equals(content.subarray(1_999_999))).toBe(true);
        expect(sender.get()).toEqual([2_000_000, 20, 1, 0]);
        expect(thrownBy(() => a.sendFile(join(folder, "none")))).toMatchObject({ code: "ENOENT" });
        expect(() => a.sendFile(path, { start: -1 })).toThrow(RangeError);
        a.write("after");
        expect(String(b.readExactly(5))).toBe("after");
      } finally {
        closeSync(fd);
        rmSync(folder, { recursive: true });
        a.close();
        b.close();
      }
    }),
  );
});
