import { describe, expect, it } from "vitest";
import { headerLinks } from "../src/header-links.js";

function links(headers: Record<string, string[]>): string[] {
  const head = { headers: (name: string): string[] => headers[name] ?? [] };
  return headerLinks(head, new URL("http://example.org/dir/")).map((href) =>
    href.replace("http://example.org", ""),
  );
}

describe("headerLinks", () => {
  it.each([
    ['</2>; rel="next"', ["/2"]],
    ["<2>;rel=NEXT", ["/dir/2"]],
    ['</a>; rel="prev next", </b>; rel=prev', ["/a", "/b"]],
    ['</a,b;c>; title="x, <y>; rel=no"; rel=next', ["/a,b;c"]],
    ["</de>; rel=alternate; hreflang=de", ["/de"]],
    ["</feed>; rel=alternate; type=application/rss+xml", []],
    ["</s.css>; rel=stylesheet, </f>; rel=preload", []],
    ['</s>; rel="alternate stylesheet"', []],
    ['</x>; rel=next; anchor="/other"', []],
    ["</x>; rel=author; rel=next", []],
    ["</x>", []],
    ["</x", []],
    ["<>; rel=next", ["/dir/"]],
    ["</caf\u00c3\u00a9>; rel=next", ["/caf%C3%A9"]],
    ["", []],
  ])("Link: %s", (header, expected) => {
    expect(links({ link: [header] })).toEqual(expected);
  });

  it("follows a Refresh header", () => {
    expect(links({ refresh: ["0; url=/next"] })).toEqual(["/next"]);
    expect(links({ refresh: ["30"] })).toEqual([]);
  });

  it("takes a hundred at most", () => {
    expect(links({ link: ["</x>; rel=next,".repeat(5_000)] })).toHaveLength(100);
  });
});
