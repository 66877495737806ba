export { type Config, ConfigError, defineConfig } from "./config.js";
export { crawl, Crawler } from "./crawler.js";
export { CsvFile, CsvStream } from "./csv.js";
export { Dashboard, type DashboardOptions, serveDashboard } from "./dashboard/dashboard.js";
export { type Document, parseDocument } from "./document.js";
export { CrawlError, type ErrorCode } from "./errors.js";
export { type Hooks, type RequestDraft } from "./hooks.js";
export { type RequisiteMode } from "./errands.js";
export { JsonlFile, JsonlStream } from "./jsonl.js";
export { type Inventory, type Reference, type ReferenceKind } from "./inventory.js";
export { extractLinks, type ExtractOptions, type Link, type PageLinks } from "./links.js";
export { type CrawlOptions, DEFAULTS, type Settings } from "./options.js";
export {
  type LinksRecord,
  type Output,
  OutputError,
  type PageRecord,
  type Redirect,
  type Skipped,
} from "./output.js";
export { CrawledPage, type PageHandler } from "./page.js";
export { isAllowed, parseRobots, productToken, type RobotsRules } from "./robots.js";
export { type ScopeMode } from "./scope.js";
export { LmdbStore } from "./lmdb-store.js";
export { MemoryStore } from "./memory-store.js";
export {
  type Changes,
  type FoundEntry,
  LeaseLost,
  type Membership,
  type Released,
  type Standing,
  type Store,
  type StoredEntry,
  StoreError,
  type TakenQueue,
  type Wanted,
} from "./store.js";
export { formatSummary, type Summary } from "./summary.js";
export { TRAP_DEFAULTS, type TrapOptions } from "./traps.js";
export { parseUrl, type ParsedUrl } from "./url.js";
