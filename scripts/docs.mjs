// npm run docs: writes docs/settings.md from the settings as the packages declare them.
// test/settings.test.ts compares.
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { build, install, root } from "./workspace.mjs";

/** The packages that have settings, and when these are read. */
const PACKAGES = [
  [
    "@greenlit/core",
    "core",
    "Read at start. `config` of `greenlit` has them, and most may be changed there at any time: `config.budget = 2`.",
  ],
  ["@greenlit/switcher", "switcher", "Read when the first greenlet is made; fixed from then on."],
];

/** The text of the page. */
export async function settingsPage() {
  const sections = [];
  for (const [name, folder, when] of PACKAGES) {
    const { SETTINGS } = await import(`${root}packages/${folder}/dist/index.js`);
    const rows = Object.entries(SETTINGS)
      .filter(([, { meaning }]) => !meaning.startsWith("for tests"))
      .map(([key, setting]) => [
        `\`${key}\``,
        `\`${setting.env}\``,
        `\`${textOf(setting)}\``,
        setting.meaning,
      ]);
    sections.push(
      `## ${name}\n\n${when}\n\n${table(["setting", "variable", "default", "meaning"], rows)}`,
    );
  }
  return `# Settings

_What can be set?_

\`\`\`js
import { config } from "greenlit";

config.budget = 2;
console.log(config.budget, config.maxBlockingTime);
\`\`\`

\`\`\`text
2 100
\`\`\`

Environment variables, read by the process that greenlets run in. Nonsense in one is an error that names it. This page is
written by \`npm run docs\` from the packages themselves.

${sections.join("\n\n")}

Files and name look-ups use Node's thread pool, whose size is Node's own variable \`UV_THREADPOOL_SIZE\` (4 unless told
otherwise); see [packages/fs](../packages/fs/README.md).
`;
}

/**
 * The default as the variable would say it.
 * @param {import("@greenlit/switcher").Setting<unknown>} setting
 */
function textOf({ fallback, parse }) {
  return [String(fallback), "1", "0"].find((text) => {
    try {
      return parse(text) === fallback;
    } catch {
      return false;
    }
  });
}

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
function table(head, rows) {
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  install();
  build();
  writeFileSync(`${root}docs/settings.md`, await settingsPage());
}
