import { sleep } from "greenlit";
import { CrawlError } from "./errors.js";

/** How long foreign input may be worked on before others get a turn, in ms. */
const TURN = 5;

/**
 * Keeps long work on foreign input from stopping everybody else: it is called often, gives the
 * others their turn when enough time has passed, and ends work that takes too much in all.
 */
export class Pace {
  private readonly budget: number;
  private began = performance.now();
  private spent = 0;

  /** @param budget ms of work, turns of others not included */
  constructor(budget: number = Infinity) {
    this.budget = budget;
  }

  /** May block for a turn. @throws CrawlError `too-costly` when the budget is used up */
  readonly step = (): void => {
    const worked = performance.now() - this.began;
    if (worked < TURN) return;
    this.spent += worked;
    if (this.spent > this.budget) {
      throw new CrawlError("too-costly", `parsing it took more than ${this.budget} ms`);
    }
    sleep(0);
    this.began = performance.now();
  };
}
