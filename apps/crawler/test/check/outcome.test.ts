import { describe, expect, it } from "vitest";
import {
  describeRedirects,
  isPermanent,
  isUncertain,
  outcomesOf,
} from "../../src/check/outcome.js";
import type { PageRecord } from "../../src/output.js";
import { record } from "../record.js";

const A = "http://a.example/";
const B = "http://b.example/";
const C = "http://c.example/";

const outcomes = (fields: Partial<PageRecord>) =>
  Object.fromEntries(
    outcomesOf(record({ url: A, finalUrl: A, ...fields }), (status) => status === 403),
  );

describe("outcomesOf", () => {
  it.each([200, 204, 304, 403])("has nothing to say of a URL that answers %s", (status) => {
    expect(outcomes({ status })).toEqual({});
  });

  it.each([
    [404, "404 Not Found"],
    [500, "500 Internal Server Error"],
    [599, "599"],
    [999, "999"],
  ])("tells that it answers %s", (status, detail) => {
    const fault = { detail, isLoop: false };
    expect(outcomes({ status })).toEqual({ [A]: { redirects: [], fault, stopped: null } });
  });

  it("tells why there was no answer", () => {
    const { fault } = outcomes({ status: null, error: "dns", message: "no such host" })[A]!;
    expect(fault).toEqual({ detail: "dns: no such host", isLoop: false });
  });

  it("does not blame a link for what is no fault of it", () => {
    const tooLarge = { status: null, error: "body-too-large" } as const;
    expect(outcomes(tooLarge)).toEqual({});
    expect(isUncertain(record(tooLarge))).toBe(true);
    expect(isUncertain(record({ status: null, error: "dns" }))).toBe(false);
  });

  const redirects = [
    { status: 301, to: B },
    { status: 302, to: C },
  ];

  it("tells the way from each URL of a redirect", () => {
    expect(outcomes({ finalUrl: C, redirects })).toEqual({
      [A]: { redirects, fault: null, stopped: null },
      [B]: { redirects: [redirects[1]], fault: null, stopped: null },
    });
  });

  it("blames every URL on the way for its end", () => {
    const fault = { detail: "404 Not Found", isLoop: false };
    expect(outcomes({ finalUrl: C, status: 404, redirects })).toEqual({
      [A]: { redirects, fault, stopped: null },
      [B]: { redirects: [redirects[1]], fault, stopped: null },
      [C]: { redirects: [], fault, stopped: null },
    });
  });

  it("says nothing about a URL that a redirect was not followed to", () => {
    const told = outcomes({ finalUrl: C, status: 302, redirects, stopped: "known" });
    expect(Object.keys(told)).toEqual([A, B]);
  });

  it("knows a redirect without end", () => {
    const told = outcomes({ status: null, error: "redirect-loop", message: "in a circle" });
    expect(told[A]!.fault).toEqual({ detail: "in a circle", isLoop: true });
  });

  it("describes redirects", () => {
    expect(describeRedirects(redirects)).toBe(`301 to ${B}, 302 to ${C}`);
    expect(redirects.map(isPermanent)).toEqual([true, false]);
  });
});
