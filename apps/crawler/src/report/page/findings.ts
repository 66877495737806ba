import { byId, element, setText } from "../../dashboard/page/dom.js";
import { number } from "../../dashboard/page/format.js";
import type { ListedFinding, ReportData } from "../report-data.js";
import { linkTo } from "./link-to.js";
import { pagesOf } from "./words.js";

/** Findings that are shown at first, and with each press of the button. */
const STEP = 50;

/** What is wrong with links: each target with the pages that link there. */
export function showFindings({ findings, counts }: ReportData): void {
  const select = byId("finding-kind", HTMLSelectElement);
  const more = byId("finding-more");
  const list = byId("finding-list");
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const names = new Map(findings.map(({ kind, title }) => [kind, title]));
  select.append(new Option(`all (${number(total)})`, ""));
  for (const [kind, title] of names)
    select.append(new Option(`${title} (${number(counts[kind])})`, kind));

  let shown = 0;
  const chosen = (): readonly ListedFinding[] =>
    findings.filter(({ kind }) => select.value === "" || kind === select.value);
  const grow = (): void => {
    const all = chosen();
    list.append(...all.slice(shown, shown + STEP).map(itemOf));
    shown = Math.min(all.length, shown + STEP);
    more.hidden = shown >= all.length;
    setText(more, `Show ${number(Math.min(STEP, all.length - shown))} more`);
    const empty = byId("finding-empty");
    const left = total - findings.length;
    empty.hidden = total > 0 && (left === 0 || !more.hidden);
    setText(
      empty,
      total === 0 ? "Nothing is wrong with the links." : `${number(left)} more are not listed.`,
    );
  };
  select.addEventListener("change", () => {
    list.replaceChildren();
    shown = 0;
    grow();
  });
  more.addEventListener("click", grow);
  grow();
}

function itemOf({ severity, name, target, detail, count, places }: ListedFinding): HTMLElement {
  const tone = severity === "error" ? "bad" : "warning";
  const pages = places.map((place) => element("li", {}, linkTo(place.replace(/:\d+$/, ""), place)));
  if (count > places.length)
    pages.push(
      element("li", { class: "muted" }, `and ${number(count - places.length)} more pages`),
    );
  const summary = element(
    "summary",
    {},
    element("span", { class: `badge ${tone}` }, name),
    element("span", { class: "mono target" }, target),
    element("span", { class: "muted detail" }, detail),
    element("span", { class: "number" }, pagesOf(count)),
  );
  const body = element("div", {}, element("p", { class: "muted" }, "Linked from"));
  body.append(element("ul", { class: "mono" }, ...pages));
  return element("li", {}, element("details", {}, summary, body));
}
