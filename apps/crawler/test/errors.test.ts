import { describe, expect, it } from "vitest";
import {
  CrawlError,
  errorCode,
  errorMessage,
  isPassing,
  isPassingStatus,
  isShortage,
} from "../src/errors.js";

const withCode = (code: string): Error => Object.assign(new Error(code), { code });

describe("errorCode", () => {
  it.each([
    [new CrawlError("redirect-loop", "x"), "redirect-loop"],
    [withCode("ECONNREFUSED"), "connection-refused"],
    [withCode("ERR_ASSERTION"), "protocol"],
    [withCode("HPE_INVALID_HEADER_TOKEN"), "protocol"],
    [withCode("ERR_TLS_CERT_ALTNAME_INVALID"), "tls"],
    [withCode("DEPTH_ZERO_SELF_SIGNED_CERT"), "tls"],
    [withCode("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "tls"],
    [withCode("HOSTNAME_MISMATCH"), "tls"],
    [withCode("ERR_SSL_WRONG_VERSION_NUMBER"), "tls"],
    [withCode("ERR_OSSL_EVP_UNSUPPORTED"), "tls"],
    [Object.assign(withCode("EINVAL"), { syscall: "getaddrinfo" }), "dns"],
    [withCode("EINVAL"), "unexpected"],
    [withCode("ENETDOWN"), "unreachable"],
    [new Error("wrapped", { cause: withCode("ENOTFOUND") }), "dns"],
    [new AggregateError([withCode("ECONNREFUSED"), withCode("ENETUNREACH")]), "connection-refused"],
    [new TypeError("a bug"), "unexpected"],
    ["a string", "unexpected"],
    [null, "unexpected"],
  ])("of %s is %s", (error, code) => {
    expect(errorCode(error)).toBe(code);
  });
});

describe("isPassing", () => {
  it("tries again after what may be gone, never after what the crawler found itself", () => {
    expect(isPassing(withCode("ECONNRESET"))).toBe(true);
    expect(isPassing(withCode("ERR_GREENLIT_TIMEOUT"))).toBe(true);
    expect(isPassing(new CrawlError("timeout", "x", { passing: true }))).toBe(true);
    expect(isPassing(new CrawlError("connection-refused", "robots.txt"))).toBe(false);
    expect(isPassing(new CrawlError("body-too-large", "x"))).toBe(false);
    expect(isPassing(withCode("ERR_GREENLIT_BODY_TOO_LARGE"))).toBe(false);
    expect(isPassing(new TypeError("a bug"))).toBe(false);
  });

  it("knows the statuses", () => {
    const passing = [200, 301, 404, 408, 429, 500, 501, 502, 503, 504, 505].filter(isPassingStatus);
    expect(passing).toEqual([408, 429, 500, 502, 503, 504]);
  });
});

describe("isShortage", () => {
  it("finds what this machine has too little of, however deep", () => {
    for (const code of ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]) {
      expect(isShortage(withCode(code))).toBe(true);
    }
    expect(isShortage(new CrawlError("handler", "open", { cause: withCode("EMFILE") }))).toBe(true);
    expect(isShortage(new AggregateError([withCode("ECONNREFUSED"), withCode("EMFILE")]))).toBe(
      true,
    );
  });

  it("leaves the rest to the page", () => {
    for (const error of [withCode("ECONNREFUSED"), new AggregateError([]), "EMFILE", null]) {
      expect(isShortage(error)).toBe(false);
    }
  });
});

describe("errorMessage", () => {
  it("is one line, whatever was thrown", () => {
    expect(errorMessage(new Error("a\n  b"))).toBe("a b");
    expect(errorMessage(new TypeError())).toBe("TypeError");
    expect(errorMessage("text")).toBe("text");
    expect(errorMessage(undefined)).toBe("undefined");
  });

  it("is what OpenSSL says in words", () => {
    const line =
      "80A1:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../x.c:350:";
    expect(errorMessage(new Error(line))).toBe("wrong version number");
  });
});
