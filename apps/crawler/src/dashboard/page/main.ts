// The page of a crawl. It has what the server tells it and keeps nothing that grows.
import type { Hello, Sample, Tick } from "../snapshot.js";
import { Connection } from "./connection.js";
import { Controls } from "./controls.js";
import { Details, NAMES } from "./details.js";
import { byId, setText } from "./dom.js";
import { number, short } from "./format.js";
import { Overview } from "./overview.js";
import { onShortcuts } from "./shortcuts.js";
import { ThemeChoice } from "./theme.js";

/** Samples that are kept: what the charts show. */
const KEPT = 300;
/** Ms for which a passing notice stays. */
const NOTICE_TIME = 6_000;

class Page {
  private readonly connection = new Connection();
  private readonly overview = new Overview();
  private readonly details = new Details(this.connection);
  private readonly controls = new Controls(this.connection, (words) => this.notice(words, true));
  private readonly theme = new ThemeChoice();
  private samples: Sample[] = [];
  private newest = 0;
  private interval = 1_000;
  private seeds = "";
  private tick: Tick | null = null;
  private isFrozen = false;
  private noticeTimer: ReturnType<typeof setTimeout> | undefined;

  start(): void {
    byId("skip").addEventListener("click", () => byId("tab-greenlets").focus());
    byId("freeze").addEventListener("click", () => this.freeze());
    byId("help").addEventListener("click", () => this.help());
    document.addEventListener("visibilitychange", () => this.draw());
    onShortcuts({
      p: () => this.controls.pauseOrResume(),
      s: () => this.controls.askToStop(),
      "+": () => this.controls.step("concurrency", 1),
      "=": () => this.controls.step("concurrency", 1),
      "-": () => this.controls.step("concurrency", -1),
      "]": () => this.controls.step("per-host", 1),
      "[": () => this.controls.step("per-host", -1),
      f: () => this.freeze(),
      t: () => this.theme.next(),
      "/": () => this.details.focusFilter(),
      "?": () => this.help(),
      ...Object.fromEntries(NAMES.map((name, i) => [String(i + 1), () => this.details.open(name)])),
    });
    void this.connection.listen({
      onHello: (hello) => this.begin(hello),
      onTick: (tick) => this.take(tick),
      onEnd: ({ tick, panels }) => {
        this.isFrozen = false;
        this.showFrozen();
        this.details.end(panels);
        this.take(tick);
      },
      onLost: (reason, triesAgain) => this.lose(reason, triesAgain),
    });
  }

  private begin({ seeds, interval, samples, tick }: Hello): void {
    this.seeds = seeds.length > 1 ? `${seeds[0]} and ${seeds.length - 1} more` : (seeds[0] ?? "");
    setText(byId("seeds"), this.seeds);
    this.interval = interval;
    this.samples = [...samples];
    this.newest = tick.sample;
    this.notice("", false);
    this.take(tick);
    this.details.refresh();
  }

  private take(tick: Tick): void {
    const missed = tick.sample - this.newest;
    this.newest = tick.sample;
    if (missed > 0) this.samples.push(...tick.samples.slice(-missed));
    if (this.samples.length > KEPT) this.samples.splice(0, this.samples.length - KEPT);
    if (tick.state !== this.tick?.state) this.announce(tick);
    this.tick = tick;
    this.draw();
  }

  /** Nobody sees a page in a hidden tab: it is drawn when it comes back. */
  private draw(): void {
    const { tick } = this;
    if (tick === null) return;
    document.title = `${titleOf(tick, this.samples.at(-1))} – greenlit crawl`;
    this.controls.draw(tick);
    if (this.isFrozen || document.hidden) return;
    this.overview.draw(tick, this.samples, this.interval);
    this.details.refresh();
  }

  private announce({ state, counts }: Tick): void {
    const ended = `${number(counts.pages)} pages, ${number(counts.failed)} failed`;
    const words = {
      running: "The crawl is running",
      paused: "The crawl is paused",
      stopping: "The crawl is stopping",
      finished: `The crawl is finished: ${ended}`,
      stopped: `The crawl was stopped: ${ended}`,
    };
    setText(byId("said"), words[state]);
  }

  private lose(reason: string, triesAgain: boolean): void {
    this.notice(reason, false);
    this.controls.enable(false);
    byId("state").dataset["state"] = "lost";
    setText(byId("state-word"), triesAgain ? "Not connected" : "No token");
  }

  /** @param passes whether it goes away by itself */
  private notice(words: string, passes: boolean): void {
    clearTimeout(this.noticeTimer);
    setText(byId("notice"), words);
    byId("notice").hidden = words === "";
    if (passes) this.noticeTimer = setTimeout(() => this.notice("", false), NOTICE_TIME);
  }

  private freeze(): void {
    this.isFrozen = !this.isFrozen;
    this.showFrozen();
    this.draw();
  }

  private showFrozen(): void {
    byId("freeze").setAttribute("aria-pressed", String(this.isFrozen));
  }

  private help(): void {
    byId("help-dialog", HTMLDialogElement).showModal();
  }
}

function titleOf({ state, counts }: Tick, sample: Sample | undefined): string {
  const pages = `${number(counts.pages)} pages`;
  if (state === "running") return `${pages}, ${short(sample?.pagesPerSecond ?? 0)}/s`;
  return `${state}, ${pages}`;
}

new Page().start();
