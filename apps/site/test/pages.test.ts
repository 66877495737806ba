import { expect, it } from "vitest";
import { addressOf, fragmentOf, pageOf, REPOSITORY } from "../src/pages.js";

it.each([
  ["README.md", "index.md"],
  ["docs/README.md", "guides.md"],
  ["docs/from-gevent.md", "from-gevent.md"],
  ["CONTRIBUTING.md", "contributing.md"],
  ["RELEASING.md", "releasing.md"],
  ["packages/fs/README.md", "packages/fs.md"],
  ["apps/crawler/README.md", "packages/crawler.md"],
  ["apps/crawler/docs/comparison.md", "packages/crawler/comparison.md"],
  ["apps/site/switching.md", "switching.md"],
  ["apps/site/api/greenlit/index.md", "api/greenlit/index.md"],
  ["apps/bench/README.md", null],
  ["packages/fs/CHANGELOG.md", null],
  ["LICENSE", null],
])("%s is the page %s", (file, page) => {
  expect(pageOf(file)).toBe(page);
});

it.each([
  ["timeouts.md", "docs/errors.md", "/timeouts"],
  ["timeouts.md#every-call-that-waits", "docs/errors.md", "/timeouts#every-call-that-waits"],
  ["README.md", "docs/errors.md", "/guides"],
  ["../README.md", "docs/errors.md", "/"],
  ["../../docs/README.md", "packages/core/README.md", "/guides"],
  ["packages/core", "README.md", "/packages/core"],
  [
    "../switcher/README.md#how-it-works",
    "packages/fs/README.md",
    "/packages/switcher#how-it-works",
  ],
  [
    "src/crawler.ts",
    "apps/crawler/README.md",
    `${REPOSITORY}/blob/main/apps/crawler/src/crawler.ts`,
  ],
  ["examples", "README.md", `${REPOSITORY}/tree/main/examples`],
  ["#scopes", "docs/errors.md", "#scopes"],
  ["https://example.org/a.md", "docs/errors.md", "https://example.org/a.md"],
])("a link to %s in %s leads to %s", (link, from, address) => {
  expect(addressOf(link, from)).toBe(address);
});

it("a link to what is not there is an error that says where it stands", () => {
  expect(() => addressOf("nothing.md", "docs/errors.md")).toThrow(
    "docs/errors.md has a link to nothing.md",
  );
});

it("a heading has the fragment that GitHub gives it", () => {
  expect(fragmentOf("ERR_GREENLIT_TIMEOUT")).toBe("err_greenlit_timeout");
  expect(fragmentOf("Which one, and what it brings")).toBe("which-one-and-what-it-brings");
});
