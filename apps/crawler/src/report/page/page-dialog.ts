import { byId, element } from "../../dashboard/page/dom.js";
import { bytes, duration, number } from "../../dashboard/page/format.js";
import type { PageColumns } from "../report-data.js";
import { linkTo } from "./link-to.js";
import { pagesOf } from "./words.js";

/** Everything that is known of one page. Escape closes it. */
export function showPage(pages: PageColumns, row: number): void {
  const dialog = byId("page-dialog", HTMLDialogElement);
  const { url, title, status, type, types, redirects, errors, referrer } = pages;
  const error = errors[row];
  const facts: [string, string | Node][] = [
    ["Address", linkTo(url[row]!)],
    ["Status", error === undefined ? String(status[row]) : `${error[0]}: ${error[1]}`],
  ];
  const to = redirects[row];
  if (to !== undefined) facts.push(["Redirected to", linkTo(to)]);
  const found = pages.url[referrer[row]!];
  facts.push(
    ["Type", types[type[row]!] ?? "none"],
    ["Size", bytes(pages.bytes[row]!)],
    ["Time", duration(pages.ms[row]!)],
    ["Links on it", number(pages.links[row]!)],
    ["Linked by", pagesOf(pages.linked[row]!)],
    ["Links from the start", String(pages.depth[row])],
    ["Found on", found === undefined ? "no page of this list" : linkTo(found)],
  );
  const close = element("button", { type: "button", class: "primary" }, "Close");
  close.addEventListener("click", () => dialog.close());
  const list = element("dl");
  for (const [name, value] of facts) list.append(element("dt", {}, name), element("dd", {}, value));
  const heading = element("h2", { id: "dialog-title" }, title[row] || url[row]!);
  dialog.replaceChildren(heading, list, close);
  dialog.showModal();
}
