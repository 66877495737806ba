import type { FailureRow, GreenletRow, HostRow, SkipRow } from "../snapshot.js";
import { clock, duration, number } from "./format.js";
import type { Column } from "./table.js";

export const GREENLETS: readonly Column<GreenletRow>[] = [
  { sort: "url", label: "Page", kind: "open", text: ({ url }) => url },
  {
    sort: "phase",
    label: "Phase",
    width: "7.5rem",
    kind: "badge",
    text: ({ phase }) => phase,
    tone: ({ phase }) => `share ${phase}`,
  },
  {
    sort: "inPhase",
    label: "For",
    width: "5.5rem",
    kind: "number",
    text: (row) => duration(row.inPhase),
  },
  { sort: "age", label: "Age", width: "5.5rem", kind: "number", text: ({ age }) => duration(age) },
  { sort: null, label: "Blocked in", width: "11rem", kind: "mono", text: waits },
  { sort: null, label: "At", width: "18rem", kind: "mono", text: ({ at }) => at },
];

export const HOSTS: readonly Column<HostRow>[] = [
  { sort: "host", label: "Host", width: "16rem", kind: "mono", text: ({ host }) => host },
  {
    sort: "queued",
    label: "Queued",
    width: "6rem",
    kind: "number",
    text: ({ queued, more }) => number(queued) + (more ? "+" : ""),
  },
  {
    sort: "inFlight",
    label: "In flight",
    width: "6rem",
    kind: "number",
    text: ({ inFlight, limit }) => `${inFlight} of ${limit}`,
  },
  {
    sort: "delay",
    label: "Delay",
    width: "5.5rem",
    kind: "number",
    text: ({ delay }) => (delay === 0 ? "–" : duration(delay)),
  },
  { sort: null, label: "Why it is not asked faster", text: ({ reason }) => reason || "–" },
  {
    sort: "next",
    label: "Next turn",
    width: "8rem",
    kind: "number",
    text: nextTurn,
  },
  {
    sort: "pages",
    label: "Pages",
    width: "5.5rem",
    kind: "number",
    text: (row) => number(row.pages),
  },
  {
    sort: "errors",
    label: "Errors",
    width: "5.5rem",
    kind: "number",
    text: (row) => number(row.errors),
  },
];

export const FAILURES: readonly Column<FailureRow>[] = [
  { sort: "url", label: "URL", kind: "mono", text: ({ url }) => url },
  {
    sort: "code",
    label: "What",
    width: "10.5rem",
    kind: "badge",
    text: ({ code }) => code,
    tone: ({ code }) => (code.startsWith("4") ? "warning" : "bad"),
  },
  { sort: null, label: "Message", text: ({ message }) => message || "–" },
  { sort: null, label: "Found on", kind: "mono", text: ({ referrer }) => referrer ?? "a seed" },
  {
    sort: "attempts",
    label: "Attempts",
    width: "6rem",
    kind: "number",
    text: (row) => number(row.attempts),
  },
  { sort: "at", label: "When", width: "5rem", kind: "number", text: ({ at }) => clock(at) },
];

export const SKIPS: readonly Column<SkipRow>[] = [
  { sort: null, label: "Why", width: "11rem", kind: "badge", text: ({ reason }) => reason },
  { sort: null, label: "Links", width: "6rem", kind: "number", text: ({ count }) => number(count) },
  {
    sort: null,
    label: "The newest of them",
    kind: "mono",
    text: ({ examples }) => examples.map(({ url }) => url).join("\n") || "–",
  },
  {
    sort: null,
    label: "Found on",
    kind: "mono",
    text: ({ examples }) => examples.map(({ referrer }) => referrer ?? "a seed").join("\n") || "–",
  },
];

function nextTurn({ next, inFlight, limit }: HostRow): string {
  if (next === null) return "–";
  if (next > 0) return `in ${duration(next)}`;
  return inFlight >= limit ? "when one ends" : "now";
}

function waits({ waitsFor }: GreenletRow): string {
  return waitsFor ?? "ready to run";
}
