import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "greenlit";
import { expect, it, onTestFinished } from "vitest";
import { derivedFile } from "../../src/modes/derived-file.js";
import { temporaryFolder } from "../folder.js";

it("is what the user named, or in the job's folder, or new in the working directory", async () => {
  const folder = temporaryFolder();
  const home = process.cwd();
  process.chdir(folder);
  onTestFinished(() => process.chdir(home));
  await run(() => {
    expect(derivedFile(folder, "b.xml", "a.xml")).toBe("b.xml");
    expect(derivedFile(folder, undefined, "a.xml")).toBe(join(folder, "a.xml"));
    expect(derivedFile(null, undefined, "a.xml")).toBe("a.xml");
    writeFileSync("a.xml", "");
    expect(() => derivedFile(null, undefined, "a.xml")).toThrow("--to a.xml replaces it");
    expect(derivedFile(null, "a.xml", "a.xml")).toBe("a.xml");
  });
});
