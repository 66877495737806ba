// One contract (src/backend.ts), every driver of this system.
import { readFileSync } from "node:fs";
import { availableBackends, createBackend } from "@greenlit/backend";
import { checked } from "../dist/checked.js";
import { CLAUSES, describeBackend } from "@greenlit/backend/conformance";
import { describe, expect, it } from "vitest";

/** Sentences that only a process of its own can test: those of programs/loop.mjs. */
const IN_PROGRAMS = [
  "A backend MUST NOT keep a thread from ending when nothing waits, and MUST keep it alive while",
  "Its waits MUST NOT keep the loop alive any more.",
];

it("has a clause for each sentence of the contract with MUST", () => {
  const source = readFileSync(new URL("../src/backend.ts", import.meta.url), "utf8");
  let text = source.replaceAll(/\n *\* ?/g, " ").replaceAll(/ +/g, " ");
  expect(text.split("MUST").length).toBeGreaterThan(20);
  const words = Object.values(CLAUSES).flatMap(({ says }) => says);
  for (const phrase of [...words, ...IN_PROGRAMS]) {
    expect(phrase).toContain("MUST");
    expect(text).toContain(phrase);
    text = text.replace(phrase, "");
  }
  const left = [...text.matchAll(/.{0,60}\bMUST\b.{0,60}/g)].map(([words]) => words);
  // The first one says what the word means.
  expect(left.slice(1)).toEqual([]);
});

for (const { name, reason } of availableBackends()) {
  if (reason === null) {
    describeBackend(name, () => createBackend(name), { describe, it });
    describeBackend(`${name}, checked`, () => checked(createBackend(name)), { describe, it });
  } else it.skip(`the backend ${name}: ${reason}`, () => {});
}
