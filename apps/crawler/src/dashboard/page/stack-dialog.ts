import type { Frame, GreenletRow, GreenletStack } from "../snapshot.js";
import type { Connection } from "./connection.js";
import { byId, element, setText } from "./dom.js";
import { duration } from "./format.js";

/** Shows the whole stack of one greenlet. */
export class StackDialog {
  private readonly connection: Connection;
  private readonly dialog = byId("stack-dialog", HTMLDialogElement);
  private row: GreenletRow | null = null;

  constructor(connection: Connection) {
    this.connection = connection;
    byId("stack-again").addEventListener("click", () => void this.take());
  }

  show(row: GreenletRow): void {
    this.row = row;
    setText(byId("stack-title"), `Greenlet ${row.id}`);
    setText(byId("stack-url"), row.url);
    byId("stack-facts").replaceChildren();
    byId("stack-frames").replaceChildren();
    setText(byId("stack-note"), "\u00A0");
    this.dialog.showModal();
    void this.take();
  }

  private async take(): Promise<void> {
    const { row } = this;
    if (row === null) return;
    const stack = await this.connection.stack(row.id, row.url).catch(() => null);
    if (row !== this.row) return;
    if (stack === null) {
      setText(byId("stack-note"), "This page has ended since.");
    } else this.fill(stack);
  }

  private fill(stack: GreenletStack): void {
    const { phase, age, inPhase, waitsFor, depth, attempts, referrer, frames } = stack;
    const facts: [string, string][] = [
      ["Phase", `${phase}, for ${duration(inPhase)}`],
      ["Blocked in", waitsFor ?? "ready to run"],
      ["Age", duration(age)],
      ["Attempt", String(attempts)],
      ["Depth", String(depth)],
      ["Found on", referrer ?? "a seed"],
    ];
    byId("stack-facts").replaceChildren(
      ...facts.map(([name, value]) =>
        element("div", {}, element("dt", {}, name), element("dd", {}, value)),
      ),
    );
    const blockedAt = frames.findIndex(({ isOwn }) => isOwn);
    byId("stack-frames").replaceChildren(
      ...frames.map((frame, i) => frameElement(frame, i === blockedAt)),
    );
    setText(byId("stack-note"), noteOn(stack));
  }
}

function noteOn({ hasEnded, frames }: GreenletStack): string {
  if (hasEnded) return "This page has ended since: it is as it was when it was seen last.";
  if (frames.length === 0) return "It is about to run, so it has no place where it is blocked.";
  return "The line marked is where it is blocked; greenlit and Node are dimmed.";
}

function frameElement({ call, place, isOwn }: Frame, isIt: boolean): HTMLElement {
  const kind = isIt ? "own blocked" : isOwn ? "own" : "runtime";
  const [name, where] = [element("span", {}, call), element("span", { class: "muted" }, place)];
  return element("li", { class: kind, ...(isIt ? { "aria-current": "true" } : {}) }, name, where);
}
