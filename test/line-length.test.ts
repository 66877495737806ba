import { expect, it } from "vitest";
import { ROOT } from "./support/examples.js";

const { wideComments } = (await import(`${ROOT}scripts/line-length.mjs`)) as {
  wideComments: (text: string) => number[];
};

const words = "word ".repeat(20);

it.each([
  `// ${words}`,
  `  // ${words}`,
  `/** ${words} */`,
  ` * ${words}`,
  `code(); // ${words}`,
  `code(); /* ${words} */`,
])("finds a comment that is too wide: %s", (line) => {
  expect(wideComments(`const a = 1;\n${line}\n`)).toEqual([2]);
});

it.each([
  `const text = "${words}";`,
  `// ${words.slice(0, 97)}`,
  `// ${"ä".repeat(97)}`,
  `const url = "https://example.org/${"a".repeat(100)}";`,
])("leaves the rest alone: %s", (line) => {
  expect(wideComments(`${line}\n`)).toEqual([]);
});
