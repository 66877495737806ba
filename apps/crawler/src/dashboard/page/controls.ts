import type { Command, Tick } from "../snapshot.js";
import type { Connection } from "./connection.js";
import { byId, setText } from "./dom.js";

/** Ids of the inputs, and what the server calls them. */
const LIMITS = { concurrency: "concurrency", "per-host": "perHost" } as const;
type LimitId = keyof typeof LIMITS;

/** Tells the crawl what to do. */
export class Controls {
  private readonly connection: Connection;
  private readonly say: (words: string) => void;
  private readonly pauseButton = byId("pause", HTMLButtonElement);
  private readonly stopButton = byId("stop", HTMLButtonElement);
  private readonly dialog = byId("stop-dialog", HTMLDialogElement);
  private state: Tick["state"] | null = null;

  /** @param say tells the user what went wrong */
  constructor(connection: Connection, say: (words: string) => void) {
    this.connection = connection;
    this.say = say;
    this.pauseButton.addEventListener("click", () => this.pauseOrResume());
    this.stopButton.addEventListener("click", () => this.askToStop());
    this.dialog.addEventListener("close", () => {
      if (this.dialog.returnValue === "stop") this.send({ action: "stop" });
    });
    for (const id of Object.keys(LIMITS) as LimitId[]) {
      inputOf(id).addEventListener("change", () => this.set(id, inputOf(id).valueAsNumber));
    }
    for (const button of document.querySelectorAll<HTMLButtonElement>("[data-step]")) {
      const { step, for: id } = button.dataset;
      button.addEventListener("click", () => this.step(id as LimitId, Number(step)));
    }
  }

  draw({ state, concurrency, perHost }: Tick): void {
    this.state = state;
    this.enable(true);
    setText(this.pauseButton, state === "paused" ? "Go on" : "Pause");
    for (const [id, value] of [
      ["concurrency", concurrency],
      ["per-host", perHost],
    ] as const) {
      const input = inputOf(id);
      if (document.activeElement !== input) input.value = String(value);
    }
  }

  /** @param can whether there is anybody to tell */
  enable(can: boolean): void {
    const isLive = can && (this.state === "running" || this.state === "paused");
    this.pauseButton.disabled = this.stopButton.disabled = !isLive;
    for (const id of Object.keys(LIMITS)) byId(id, HTMLInputElement).disabled = !isLive;
    for (const button of document.querySelectorAll<HTMLButtonElement>("[data-step]")) {
      button.disabled = !isLive;
    }
  }

  pauseOrResume(): void {
    if (this.state === "running") this.send({ action: "pause" });
    else if (this.state === "paused") this.send({ action: "resume" });
  }

  askToStop(): void {
    if (this.stopButton.disabled || this.dialog.open) return;
    this.dialog.returnValue = "";
    this.dialog.showModal();
  }

  /** One more or less; ten, from twenty on. */
  step(id: LimitId, direction: number): void {
    const input = inputOf(id);
    if (input.disabled) return;
    const before = input.valueAsNumber || 1;
    const size = before + direction >= 20 ? 10 : 1;
    input.value = String(Math.max(1, before + direction * size));
    this.set(id, input.valueAsNumber);
  }

  private set(id: LimitId, value: number): void {
    if (Number.isInteger(value) && value >= 1) {
      this.send({ action: "limits", [LIMITS[id]]: value });
    } else this.say("A limit is a whole number, 1 or more.");
  }

  private send(command: Command): void {
    this.connection.control(command).catch((error: unknown) => {
      this.say(`That did not work: ${error instanceof Error ? error.message : String(error)}`);
    });
  }
}

function inputOf(id: LimitId): HTMLInputElement {
  return byId(id, HTMLInputElement);
}
