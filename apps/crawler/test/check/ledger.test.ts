import { readdirSync } from "node:fs";
import { run } from "greenlit";
import { expect, it } from "vitest";
import { Ledger } from "../../src/check/ledger.js";
import { temporaryFolder } from "../folder.js";

const place = (page: string) => ({ page, line: 1, element: "link" as const });

/** Runs a test with a ledger, and looks whether anything of it is left. */
async function withLedger(use: (ledger: Ledger) => void): Promise<void> {
  const folder = temporaryFolder();
  await run(() => {
    const ledger = new Ledger(folder);
    try {
      ledger.together(() => use(ledger));
    } finally {
      ledger.close();
    }
  });
  expect(readdirSync(folder)).toEqual([]);
}

it("tells findings by kind and target, each with all its places in their order", async () => {
  await withLedger((ledger) => {
    ledger.add("redirect", "http://b/", "301", place("p1"));
    ledger.add("broken-link", "http://z/", "404", place("p1"));
    ledger.add("broken-link", "http://a/", "404", place("p2"));
    ledger.add("broken-link", "http://z/", "404", place("p0"));
    const told = [...ledger.findings()].map(({ kind, target, count, places }) => {
      return [kind, target, count, [...places].map(({ page }) => page)];
    });
    expect(told).toEqual([
      ["broken-link", "http://a/", 1, ["p2"]],
      ["broken-link", "http://z/", 2, ["p1", "p0"]],
      ["redirect", "http://b/", 1, ["p1"]],
    ]);
    expect(ledger.counts).toMatchObject({ "broken-link": 2, redirect: 1, "empty-link": 0 });
  });
});

it("knows targets it has long not heard of, and URLs of any length", async () => {
  const long = `http://example.org/${"x".repeat(5_000)}`;
  await withLedger((ledger) => {
    for (let i = 0; i < 11_000; i++) ledger.add("broken-link", `http://a/${i}`, "", place("p"));
    ledger.add("broken-link", "http://a/0", "", place("q"));
    ledger.add("broken-link", long, "", place("p"));
    expect(ledger.counts["broken-link"]).toBe(11_001);
    const findings = [...ledger.findings()];
    expect(findings.find(({ target }) => target === "http://a/0")?.count).toBe(2);
    expect(findings.some(({ target }) => target === long)).toBe(true);
  });
});

it("keeps the outcome of a URL under its own name", async () => {
  const outcome = (detail: string) => ({
    redirects: [],
    fault: { detail, isLoop: false },
    stopped: null,
  });
  await withLedger((ledger) => {
    ledger.setOutcome("u", outcome("on the way"), false);
    ledger.setOutcome("u", outcome("own"), true);
    ledger.setOutcome("u", outcome("on the way"), false);
    expect(ledger.outcome("u")?.fault?.detail).toBe("own");
    expect(ledger.outcome("v")).toBe(undefined);
  });
});

it("knows what points at a page, and at no other", async () => {
  await withLedger((ledger) => {
    expect(ledger.hasPointers).toBe(false);
    const pointer = (fragment: string) => ({ fragment, href: `#${fragment}`, place: place("p") });
    ledger.addPointer("http://a/", pointer("x"));
    ledger.addPointer("http://a/b", pointer("y"));
    ledger.addPointer("http://a/", pointer("z"));
    expect(ledger.hasPointers).toBe(true);
    expect([...ledger.pointersTo("http://a/")]).toEqual([pointer("x"), pointer("z")]);
  });
});
