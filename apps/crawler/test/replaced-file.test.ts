import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "greenlit";
import { expect, it } from "vitest";
import { OutputError } from "../src/output.js";
import { replaceFile } from "../src/replaced-file.js";
import { temporaryFolder } from "./folder.js";

it("replaces a file when the new one is whole, and not before", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "a");
  writeFileSync(file, "before");
  const large = "x".repeat(300_000);
  await run(() =>
    replaceFile(file, (it) => {
      it.write(large);
      it.write(Buffer.from("end"));
      expect(it.bytes).toBe(300_003);
      expect(readFileSync(file, "utf8")).toBe("before");
    }),
  );
  expect(readFileSync(file, "utf8")).toBe(`${large}end`);
  expect(readdirSync(folder)).toEqual(["a"]);
});

it("leaves the file as it was, and nothing else, when that fails", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "a");
  writeFileSync(file, "before");
  const failing = run(() =>
    replaceFile(file, (it) => {
      it.write("after");
      throw new RangeError("no more");
    }),
  );
  await expect(failing).rejects.toThrow(RangeError);
  expect(readFileSync(file, "utf8")).toBe("before");
  expect(readdirSync(folder)).toEqual(["a"]);
  // A folder cannot be written.
  await expect(run(() => replaceFile(folder, (it) => it.write("x")))).rejects.toThrow(OutputError);
  await expect(run(() => replaceFile(join(folder, "no/a"), () => {}))).rejects.toThrow(
    `${join(folder, "no/a")} cannot be written: ENOENT`,
  );
});

it("writes a device or a pipe as it is", async () => {
  await run(() => replaceFile("/dev/null", (it) => it.write("x")));
  expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
  const full = run(() => replaceFile("/dev/full", (it) => it.write("x")));
  await expect(full).rejects.toThrow("/dev/full cannot be written: ENOSPC");
});
