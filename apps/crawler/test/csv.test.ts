import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { run } from "greenlit";
import { describe, expect, it } from "vitest";
import { CsvFile, csvLine, CsvStream } from "../src/csv.js";
import { parseCsv } from "./parse-csv.js";
import { temporaryFolder } from "./folder.js";

describe("a line of CSV", () => {
  it("is as RFC 4180 says", () => {
    expect(csvLine(["a", "b c", 1, 1.5, true, null, undefined])).toBe("a,b c,1,1.5,true,,\r\n");
    expect(csvLine(['say "a", b', "two\r\nlines", " x "])).toBe(
      '"say ""a"", b","two\r\nlines", x \r\n',
    );
    expect(csvLine([{ a: [1, "x"] }, []])).toBe('"{""a"":[1,""x""]}",[]\r\n');
  });

  it("comes out of a reader as it went in", () => {
    const fields = ['"', '""', ",", "\r\n", "a\rb", "é", "'", "", "x\u0000y", '{"a":"b\\"c"}'];
    const expected = fields.map((field) => (/^[\r\n]/.test(field) ? `'${field}` : field));
    expect(parseCsv(csvLine(fields) + csvLine(fields))).toEqual([expected, expected]);
  });

  it.each(["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])(
    "does not let a spreadsheet run %j",
    (text) => {
      expect(parseCsv(csvLine([text]))).toEqual([[`'${text}`]]);
    },
  );

  it.each(["-12.5", "+3", "-0", "a=1", "1-2", "https://a/?b=-c"])("leaves %j", (text) => {
    expect(csvLine([text])).toBe(`${text}\r\n`);
  });
});

describe("CSV in a file", () => {
  it("has its columns once, however often it goes on; other fields are left out", async () => {
    const file = join(temporaryFolder(), "a.csv");
    const write = (keep: number, ...values: unknown[]): Promise<number> =>
      run(() => {
        const output = new CsvFile(file, keep, ["a", "b"]);
        for (const value of values) output.write(value);
        output.flush();
        output.close();
        return output.length;
      });
    expect(await write(0)).toBe(5);
    const length = await write(5, { b: 2, a: 1, c: 3 }, {}, "text");
    await write(length, { a: null });
    expect(readFileSync(file, "utf8")).toBe("a,b\r\n1,2\r\n,\r\n,\r\n,\r\n");
  });

  it("does not go on with other columns", async () => {
    const file = join(temporaryFolder(), "a.csv");
    writeFileSync(file, "a,b\r\n1,2\r\n");
    await expect(run(() => new CsvFile(file, 10, ["a", "c"]))).rejects.toThrow(
      `${file} has other columns than a,c: ask for the same, or start over with --fresh`,
    );
    expect(readFileSync(file, "utf8")).toBe("a,b\r\n1,2\r\n");
  });
});

it("goes to a stream as to a file", async () => {
  const chunks: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      chunks.push(String(chunk));
      done();
    },
  });
  await run(() => {
    const output = new CsvStream(stream, ["a"]);
    output.write({ a: "=x" });
    output.flush();
    output.write({ a: 2 });
    output.flush();
  });
  expect(chunks.join("")).toBe("a\r\n'=x\r\n2\r\n");
});
