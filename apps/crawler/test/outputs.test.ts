import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "greenlit";
import { describe, expect, it } from "vitest";
import { JsonlFile } from "../src/jsonl.js";
import { type OutputPlan, Outputs } from "../src/outputs.js";
import { temporaryFolder } from "./folder.js";

function plan(name: string, inFolder: string | null, given?: OutputPlan["given"]): OutputPlan {
  return { name, given, inFolder, open: (file, keep) => new JsonlFile(file, keep) };
}

describe("Outputs", () => {
  it("writes a batch to each output, and says how long its file is then", async () => {
    const folder = temporaryFolder();
    const seen: unknown[] = [];
    const stream = { write: (value: unknown) => seen.push(value) };
    const plans = [plan("a", "a.jsonl"), plan("b", null), plan("c", "c.jsonl", stream)];
    await run(() => {
      const outputs = new Outputs(plans, folder, null, false);
      expect(outputs.files).toEqual({ a: { file: join(folder, "a.jsonl"), length: 0 } });
      outputs.open();
      expect(["a", "b", "c"].map((name) => outputs.has(name))).toEqual([true, false, true]);
      for (const name of ["a", "b", "c"]) outputs.write(name, 1);
      const batch = outputs.take();
      outputs.write("a", "of the next batch");
      expect(outputs.flush(batch)).toEqual({ a: { file: join(folder, "a.jsonl"), length: 2 } });
      outputs.close();
      expect([...outputs.journal("a")]).toEqual([1]);
      expect(() => outputs.journal("c")).toThrow("no file of its c");
    });
    expect(readFileSync(join(folder, "a.jsonl"), "utf8")).toBe("1\n");
    expect(seen).toEqual([1]);
  });

  it("keeps of each file what was committed", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "a.jsonl");
    writeFileSync(file, "1\n2\n3");
    await run(() => {
      const outputs = new Outputs(
        [plan("a", "a.jsonl")],
        folder,
        { a: { file, length: 2 } },
        false,
      );
      outputs.open();
      outputs.close();
    });
    expect(readFileSync(file, "utf8")).toBe("1\n");
  });

  it("keeps in mind what an earlier run wrote, when this one does not ask for it", async () => {
    const folder = temporaryFolder();
    const b = { file: join(folder, "b.jsonl"), length: 7 };
    await run(() => {
      const outputs = new Outputs([plan("a", "a.jsonl")], folder, { b }, false);
      expect(outputs.files["b"]).toEqual(b);
      outputs.open();
      expect(outputs.has("b")).toBe(false);
      expect(outputs.flush(outputs.take())).toMatchObject({ a: { length: 0 }, b });
      outputs.close();
    });
  });

  it("takes no file that is somebody else's, nor another than before", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "a.jsonl"), "mine\n");
    const begin = (saved: Outputs["files"] | null, fresh = false): Promise<Outputs> =>
      run(() => new Outputs([plan("a", "a.jsonl")], folder, saved, fresh));
    await expect(begin(null)).rejects.toThrow("is there already, and not of this crawl");
    await expect(begin({ a: { file: "/elsewhere", length: 1 } })).rejects.toThrow(
      "this crawl writes to /elsewhere, and cannot go on in",
    );
    expect((await begin(null, true)).files["a"]?.length).toBe(0);
    // An output that this crawl did not have so far.
    await expect(begin({})).rejects.toThrow("is there already");
  });

  it("goes on in another file while nothing is written: the first could not be opened", async () => {
    const folder = temporaryFolder();
    const saved = { a: { file: "/nonexistent/a.jsonl", length: 0 } };
    const { files } = await run(() => new Outputs([plan("a", "a.jsonl")], folder, saved, false));
    expect(files).toEqual({ a: { file: join(folder, "a.jsonl"), length: 0 } });
  });
});
