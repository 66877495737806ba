// What of the parser cannot be seen through a server: very many of them at a time.
import { describe, expect, it } from "vitest";
import { RequestParser } from "../../src/http-server/request-parser.js";

const LIMITS = { maxHeadSize: 1000, maxHeaders: 10 };

const request = (n: number): Buffer =>
  Buffer.from(`POST /${n} HTTP/1.1\r\nhost: me\r\nx-n: ${n}\r\ncontent-length: 2\r\n\r\nhi`);

describe("RequestParser", () => {
  it("of thousands of connections, each in the middle of a request, share one memory", () => {
    const all = Array.from({ length: 5000 }, () => new RequestParser(LIMITS));
    // Crosswise, so that none can take what another one has left.
    for (const [n, parser] of all.entries()) parser.parse(request(n).subarray(0, 20 + (n % 30)));
    for (const [n, parser] of all.entries()) {
      const rest = request(n).subarray(20 + (n % 30));
      expect(parser.parse(rest)).toBe(rest.length);
      expect(parser.error).toBe(null);
      expect(parser.complete).toBe(true);
      expect(parser.head?.target).toBe(`/${n}`);
      expect(parser.head?.valueOf(1)).toBe(String(n));
    }
    for (const parser of all) parser.close();
  });

  it("stops at the end of a request, and goes on with the next", () => {
    const parser = new RequestParser(LIMITS);
    const bytes = Buffer.concat([request(1), request(2)]);
    const first = parser.parse(bytes);
    expect([first, parser.complete, parser.head?.target]).toEqual([request(1).length, true, "/1"]);
    expect(bytes.subarray(parser.body[0], parser.body[1]).toString()).toBe("hi");
    const second = parser.parse(bytes.subarray(first));
    expect([second, parser.complete, parser.head?.target]).toEqual([request(2).length, true, "/2"]);
    parser.close();
  });
});
