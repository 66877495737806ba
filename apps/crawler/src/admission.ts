import { CrawlError, errorCode, isPassing, isShortage } from "./errors.js";
import type { Observer } from "./fetcher.js";
import { enter } from "./flights.js";
import type { Frontier } from "./frontier.js";
import type { Manners } from "./manners.js";
import { isAllowed } from "./robots.js";
import type { RobotsCache } from "./robots-cache.js";
import type { RobotsSitemaps } from "./robots-sitemaps.js";

/**
 * Whether a host may be asked for a URL, and how fast: what its robots.txt says, and what its
 * answers tell, go to the frontier.
 */
export class Admission {
  private readonly frontier: Frontier;
  private readonly manners: Manners;
  /** Null: robots.txt is not asked. */
  private readonly robots: RobotsCache | null;

  /** Null: the sitemaps that robots.txt names are not fetched. */
  private readonly sitemaps: RobotsSitemaps | null;

  constructor(
    frontier: Frontier,
    manners: Manners,
    robots: RobotsCache | null,
    sitemaps: RobotsSitemaps | null = null,
  ) {
    this.frontier = frontier;
    this.manners = manners;
    this.robots = robots;
    this.sitemaps = sitemaps;
  }

  /**
   * Blocks until the host's robots.txt is there.
   * @throws CrawlError when it cannot be had, or the host is given up
   */
  allows(url: URL): boolean {
    const givenUp = this.manners.givenUp(url.host, performance.now());
    if (givenUp !== null) throw new CrawlError(givenUp.code, givenUp.message);
    enter("robots");
    const rules = this.robots?.rulesFor(url) ?? null;
    if (rules !== null) this.sitemaps?.take(rules, url);
    this.manners.learnCrawlDelay(url.host, rules?.crawlDelay ?? null);
    this.frontier.open(url.host, this.manners.delay(url.host));
    return rules === null || isAllowed(rules, url);
  }

  /** What each request tells about its host decides how that is treated from now on. */
  readonly observer: Observer = {
    answered: ({ host }, { status, header }, latency) => {
      const saysWhen = header("retry-after") !== undefined;
      this.manners.answered(host, status, latency, saysWhen);
      this.frontier.open(host, this.manners.delay(host));
    },
    failed: ({ host }, error, began) => {
      const code = errorCode(error);
      // A host that answers nonsense answers.
      if (!isPassing(error) || isShortage(error) || code === "protocol") return;
      const pause = this.manners.failed(host, code, began, performance.now());
      if (pause > 0) this.frontier.pause(host, pause, `its requests failed (${code})`);
    },
  };
}
