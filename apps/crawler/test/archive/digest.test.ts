import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { Digest } from "../../src/archive/digest.js";
import { sha1 } from "./read-archive.js";

it("is SHA-1 in base32", () => {
  // Known to everybody who has seen an archive: that of nothing.
  expect(new Digest().finish()).toBe("sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ");
  for (let i = 0; i < 100; i++) {
    const bytes = randomBytes(i);
    const digest = new Digest().update(bytes.subarray(0, 10)).update(bytes.subarray(10));
    expect(digest.finish()).toBe(sha1(bytes));
  }
});
