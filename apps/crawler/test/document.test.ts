import { describe, expect, it } from "vitest";
import { type Document, parseDocument } from "../src/document.js";

type Node = Document["children"][number];

/** The names of the elements, each with those within it. */
function outline(nodes: readonly Node[]): string {
  return nodes
    .filter((node) => "name" in node && "children" in node)
    .map(
      (node) =>
        `${(node as { name: string }).name}(${outline((node as unknown as Document).children)})`,
    )
    .join(" ");
}

function depthOf({ children }: Document): number {
  let depth = 0;
  for (let level: readonly Node[] = children; level.length > 0; depth++)
    level = level.flatMap((node) => ("children" in node ? node.children : []));
  return depth;
}

describe("parseDocument", () => {
  it("makes a tree of HTML and of XML", () => {
    expect(outline(parseDocument("<ul><li>a<li><b>b</ul><p>", false).children)).toBe(
      "ul(li() li(b())) p()",
    );
    expect(outline(parseDocument("<a><script/><B/></a>", true).children)).toBe("a(script() B())");
  });

  it("stops at a depth of 512, and loses no text", () => {
    const html = `${"<div>".repeat(5_000)}<a href=x>text</a>${"</div>".repeat(5_000)}<p>after</p>`;
    const document = parseDocument(html, false);
    expect(depthOf(document)).toBeLessThanOrEqual(514);
    expect(JSON.stringify(outline(document.children))).toContain("p()");
  });

  it.each<[string, (size: number) => string]>([
    ["nested elements", (size) => "<div>".repeat(size / 5)],
    ["ends that close nothing", (size) => "<b></p>".repeat(size / 7)],
    ["forms in forms", (size) => "<form><p>".repeat(size / 9)],
    ["pictures in pictures", (size) => "<svg><desc>".repeat(size / 11)],
  ])("takes time in step with the length of %s", (_, page) => {
    const time = (size: number): number => {
      const html = page(size);
      const times = [1, 2, 3].map(() => {
        const { user } = process.cpuUsage();
        parseDocument(html, false);
        return process.cpuUsage().user - user;
      });
      return Math.min(...times) / 1_000;
    };
    time(40_000); // compiled
    expect(time(1_280_000) / Math.max(time(80_000), 1)).toBeLessThan(100);
  });

  it("lets others have their turn", () => {
    let pauses = 0;
    parseDocument("<p>text".repeat(20_000), false, () => pauses++);
    expect(pauses).toBeGreaterThan(5);
  });
});
