import { element } from "../../dashboard/page/dom.js";

/** A link to a page of a site, or only its text where that is no address of the web. */
export function linkTo(href: string, text: string = href): HTMLElement {
  if (!/^https?:\/\//.test(href)) return element("span", {}, text);
  return element("a", { href, target: "_blank", rel: "noopener noreferrer" }, text);
}
