import { archiveMode } from "./archive.js";
import { checkMode } from "./check.js";
import { crawlMode } from "./crawl.js";
import { extractMode } from "./extract.js";
import type { Mode } from "./mode.js";
import { reportMode } from "./report.js";
import { sitemapMode } from "./sitemap.js";

/** All modes, in the order of the help. The first is that of a command line that names none. */
export const MODES: readonly [Mode, ...Mode[]] = [
  crawlMode,
  checkMode,
  reportMode,
  archiveMode,
  extractMode,
  sitemapMode,
];
