// The guides tell the truth: their programs run and print what is shown, and their links lead
// somewhere.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { examples, programs, ROOT, testExamples } from "./support/examples.js";

const guides = readdirSync(`${ROOT}docs`).filter((name) => name.endsWith(".md"));
/** Written by programs of their own. */
const MEASURED = "benchmarks.md";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

for (const name of guides.filter((name) => name !== MEASURED)) {
  testExamples(
    pathToFileURL(`${ROOT}docs/${name}`),
    "greenlit",
    // Below the root, so that their imports are found.
    new URL(".", import.meta.url),
  );
}

describe("the guides", () => {
  it("are all in the index, with their question, which they ask first", () => {
    const index = read("docs/README.md");
    for (const name of guides.filter((name) => ![MEASURED, "README.md"].includes(name))) {
      expect(index, name).toContain(`](${name})`);
      const [title = "", question = "", first = ""] = read(`docs/${name}`).split("\n\n");
      expect(title).toMatch(/^# \S/);
      expect(question, name).toMatch(/^_[^]*\?_$/);
      expect(index.replaceAll(/\s+/g, " "), name).toContain(` ${question.slice(1, -1)} |`);
      expect(first, name).toMatch(/^```(js|ts|python)\b/);
    }
  });

  it("have fragments that are at least JavaScript", () => {
    const fragments = guides.flatMap((name) =>
      examples(read(`docs/${name}`)).filter(({ words }) => words.includes("fragment")),
    );
    expect(fragments.length).toBeGreaterThan(0);
    for (const { language, code } of fragments) {
      expect(language).toBe("js");
      execFileSync(process.execPath, ["--input-type=module", "--check"], { input: code });
    }
  });
});

/** The anchors that GitHub makes of a page's headings. */
function anchors(markdown: string): Set<string> {
  const headings = withoutCode(markdown).matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, text = ""]) =>
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(/\s/g, "-"),
    ),
  );
}

function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^```[^]*?^```$/gm, "");
}

const pages = [
  ...["README.md", "CONTRIBUTING.md", "RELEASING.md", "SECURITY.md"],
  ...guides.map((name) => `docs/${name}`),
  ...readdirSync(`${ROOT}apps/crawler/docs`)
    .filter((name) => name.endsWith(".md"))
    .map((name) => `apps/crawler/docs/${name}`),
  ...["packages", "apps"].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}/README.md`),
  ),
].filter((path) => existsSync(join(ROOT, path)));

it.each(pages)("%s has links that lead somewhere", (page) => {
  const links = [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = ""]) => to);
  for (const to of links.filter((to) => !/^\w+:/.test(to))) {
    const [path = "", anchor] = to.split("#");
    const target = path === "" ? page : relative(ROOT, join(ROOT, dirname(page), path));
    expect(existsSync(join(ROOT, target)), `${page}: ${to}`).toBe(true);
    if (anchor === undefined) continue;
    const file = target.endsWith(".md") ? target : join(target, "README.md");
    expect(anchors(read(file)), `${page}: ${to}`).toContain(anchor);
  }
});

it("the root's and the core's README lead to the guides", () => {
  expect(read("README.md")).toContain("](docs/README.md)");
  expect(read("packages/core/README.md")).toContain("](../../docs/README.md)");
  expect(read("packages/core/README.md")).toContain("](../../docs/settings.md)");
});

it("the programs in TypeScript are right for a strict compiler", () => {
  const folder = mkdtempSync(join(ROOT, "docs", "types-"));
  try {
    const inTypeScript = guides.flatMap((name) =>
      programs(read(`docs/${name}`)).filter(({ language }) => language === "ts"),
    );
    const code = inTypeScript.map((program) => program.code);
    expect(code.length).toBeGreaterThan(0);
    // In a module each, and with what they import found as users find it.
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const files = code.map((text, i) => {
      writeFileSync(join(folder, `program-${i}.ts`), `${text}\nexport {};\n`);
      return `program-${i}.ts`;
    });
    const flags =
      "--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --skipLibCheck";
    const lib = "--module nodenext --target es2022 --lib esnext,esnext.disposable --types node";
    const tsc = join(ROOT, "node_modules/.bin/tsc");
    const args = [...flags.split(" "), ...lib.split(" "), "--ignoreConfig", ...files];
    expect(spawnSync(tsc, args, { cwd: folder, encoding: "utf8" }).stdout).toBe("");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
