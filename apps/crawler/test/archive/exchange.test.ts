import { BodyTooLargeError } from "greenlit/net";
import { describe, expect, it } from "vitest";
import { Exchange } from "../../src/archive/exchange.js";
import type { ReadableBody } from "../../src/lenient-request.js";
import { temporaryFolder } from "../folder.js";

function exchange(): Exchange {
  const url = new URL("http://a.example:8080/x?y");
  const headers = { accept: "*/*", cookie: "a=1" };
  return new Exchange({ url, headers, proxy: null }, { via: null, path: "" }, temporaryFolder());
}

/** @param chunks what the body gives, or throws */
function answered(
  to: Exchange,
  chunks: (string | null | Error)[],
  rawHeaders: string[] = [],
): ReadableBody {
  const read = (): Buffer | null => {
    const chunk = chunks.shift() ?? null;
    if (chunk instanceof Error) throw chunk;
    return chunk === null ? null : Buffer.from(chunk);
  };
  const body = { read, bytes: () => Buffer.alloc(0), destroy: () => {} };
  return to.answered({ status: 200, statusText: "Fine", headers: {}, rawHeaders, body });
}

describe("Exchange", () => {
  it("says what would be sent, until it is known what was", () => {
    expect(exchange().sent).toBe(
      "GET /x?y HTTP/1.1\r\nhost: a.example:8080\r\naccept: */*\r\ncookie: a=1\r\n\r\n",
    );
  });

  it("has the head as it came, but for chunks", () => {
    const it = exchange();
    answered(
      it,
      [],
      ["B", "1", "a", "\xfc", "Content-TYPE", "Text/HTML; x", "transfer-Encoding", "chunked"],
    );
    expect(it.answer).toMatchObject({ status: 200, mime: "text/html" });
    expect(it.answer!.bytes.toString("latin1")).toBe(
      "HTTP/1.1 200 Fine\r\nB: 1\r\na: \xfc\r\nContent-TYPE: Text/HTML; x\r\n" +
        "X-Archive-Orig-transfer-Encoding: chunked\r\n\r\n",
    );
  });

  it("keeps what is read, to the end", () => {
    const it = exchange();
    const body = answered(it, ["ab", "c"]);
    expect(String(body.bytes())).toBe("abc");
    body.destroy();
    expect([String(Buffer.concat([...it.payload.read()])), it.truncated]).toEqual(["abc", null]);
    expect(it.digest.payload).toMatch(/^sha1:/);
  });

  it.each([
    [Object.assign(new Error("x"), { code: "ERR_GREENLIT_TIMEOUT" }), "time", false],
    [Object.assign(new Error("x"), { code: "UND_ERR_BODY_TIMEOUT" }), "time", false],
    [Object.assign(new Error("x"), { code: "ECONNRESET" }), "disconnect", false],
    [Object.assign(new Error("x"), { code: "ERR_GREENLIT_EXIT" }), "disconnect", true],
  ] as const)("knows what %s means for its end", (error, truncated, isVoid) => {
    const it = exchange();
    expect(() => answered(it, ["ab", error]).bytes()).toThrow(error);
    expect(it).toMatchObject({ truncated, isVoid });
    expect(it.payload.length).toBe(2);
  });

  it("keeps of a body that is too large what came, and of one that nobody wants what was read", () => {
    const large = exchange();
    expect(() => answered(large, ["abc", "def", "ghi"]).bytes({ limit: 5 })).toThrow(
      BodyTooLargeError,
    );
    expect([large.payload.length, large.truncated]).toEqual([6, "length"]);
    const left = exchange();
    const body = answered(left, ["abc", "def"]);
    body.read();
    body.destroy();
    expect([left.payload.length, left.truncated]).toEqual([3, "length"]);
  });
});
