import type { Mode } from "./mode.js";

export const crawlMode: Mode = {
  name: "crawl",
  summary: "fetch pages and follow their links (the default)",
};
