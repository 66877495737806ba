export { crawl, Crawler, type Output } from "./crawler.js";
export { CrawlError, type ErrorCode } from "./errors.js";
export { extractLinks, type Link, type PageLinks } from "./links.js";
export { type CrawlOptions, DEFAULTS } from "./options.js";
export { JsonlOutput, OutputError, type PageRecord } from "./output.js";
export { isAllowed, parseRobots, productToken, type RobotsRules } from "./robots.js";
export { type ScopeMode } from "./scope.js";
export { formatSummary, type Summary } from "./summary.js";
export { parseUrl, type ParsedUrl } from "./url.js";
