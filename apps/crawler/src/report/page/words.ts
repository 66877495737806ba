import { number } from "../../dashboard/page/format.js";

/** `1 page`, `1,200 pages` */
export function pagesOf(count: number): string {
  return count === 1 ? "1 page" : `${number(count)} pages`;
}
