import { join } from "node:path";
import { run } from "greenlit";
import { expect, it } from "vitest";
import { planArchive } from "../../src/archive/plan.js";
import { temporaryFolder } from "../folder.js";

it("is in the job's folder, or where it is told, or nowhere", () => {
  const places = [undefined, false, true, "there"].map((warc) => {
    const { given, inFolder } = planArchive({ warc });
    return given ?? inFolder;
  });
  expect(places).toEqual([null, null, "archive/captures.jsonl", "there/captures.jsonl"]);
});

it("makes its folder", async () => {
  const folder = join(temporaryFolder(), "a/b");
  const file = join(folder, "captures.jsonl");
  await run(() => {
    const output = planArchive({ warc: folder }).open(file, 0);
    expect(output).toMatchObject({ file, length: 0, folder });
    output.close();
  });
});
