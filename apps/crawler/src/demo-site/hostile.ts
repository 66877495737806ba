import type { ErrorCode } from "../errors.js";
import type { Route } from "./route.js";

/** A page that breaks the rules, or that follows them so as to do harm. */
export interface HostilePage {
  readonly route: Route;
  /** What a crawl must make of it: a page, or an error. */
  readonly outcome: "page" | ErrorCode;
}

const NEXT = '<a href="/hostile/next">next</a>';
const HTML = "Content-Type: text/html\r\n";
const chunked = `HTTP/1.1 200 OK\r\n${HTML}Transfer-Encoding: chunked\r\n\r\n`;

/** The answer to a request as it goes over the wire. */
function answer(body: string, length = body.length): string {
  return `HTTP/1.1 200 OK\r\n${HTML}Content-Length: ${length}\r\n\r\n${body}`;
}

const raw = (bytes: string, outcome: HostilePage["outcome"]): HostilePage => {
  return { route: { kind: "raw", bytes }, outcome };
};
const endless = (bytes: string, again: string, outcome: ErrorCode): HostilePage => {
  return { route: { kind: "raw", bytes, again }, outcome };
};
const page = (body: string, contentType = "text/html"): HostilePage => {
  const headers = { "content-type": contentType };
  return { route: { kind: "page", title: "", links: [], body, headers }, outcome: "page" };
};
const to = (location: string, outcome: ErrorCode): HostilePage => {
  return { route: { kind: "redirect", status: 302, location }, outcome };
};
const bomb = (codings: readonly string[], outcome: ErrorCode): HostilePage => {
  return { route: { kind: "bomb", codings }, outcome };
};

/** Answers that are not quite HTTP; servers like that are asked twice the first time. By path. */
export const SLOPPY: Readonly<Record<string, HostilePage>> = {
  "/sloppy/continue": raw(`HTTP/1.1 100 Continue\r\n\r\n${answer(NEXT)}`, "page"),
  "/sloppy/line-feeds": raw(answer(NEXT).replaceAll("\r\n", "\n"), "page"),
  "/sloppy/null": raw(answer(NEXT).replace("\r\n", "\r\nX: a\0b\r\n"), "page"),
};

/** By path. */
export const HOSTILE: Readonly<Record<string, HostilePage>> = {
  "/hostile/next": page("what others lead to"),
  "/hostile/early-hints": raw(`HTTP/1.1 103 Early Hints\r\n\r\n${answer(NEXT)}`, "page"),
  "/hostile/no-http": raw(NEXT, "protocol"),
  "/hostile/shorter": raw(answer(NEXT, NEXT.length + 100), "connection-reset"),
  "/hostile/longer": raw(`${answer(NEXT)}${"and more".repeat(100)}`, "page"),
  "/hostile/chunk": raw(`${chunked}zz\r\n${NEXT}\r\n0\r\n\r\n`, "protocol"),
  "/hostile/chunks": endless(chunked, `3e8\r\n${"x".repeat(1_000)}\r\n`, "body-too-large"),
  "/hostile/headers": endless("HTTP/1.1 200 OK\r\n", "X: and so on\r\n", "protocol"),
  "/hostile/brotli": bomb(["br"], "body-too-large"),
  "/hostile/deflate": bomb(["deflate"], "body-too-large"),
  "/hostile/twice": bomb(["gzip", "gzip"], "body-too-large"),
  "/hostile/six-times": bomb(Array<string>(6).fill("gzip"), "bad-encoding"),
  "/hostile/to-file": to("file:///etc/passwd", "bad-redirect"),
  "/hostile/to-script": to("javascript:alert(1)", "bad-redirect"),
  "/hostile/to-data": to("data:text/html,<a href=/hostile/never>", "bad-redirect"),
  "/hostile/circle/1": to("/hostile/circle/2", "redirect-loop"),
  "/hostile/circle/2": to("/hostile/circle/3", "redirect-loop"),
  "/hostile/circle/3": to("/hostile/circle/1", "redirect-loop"),
  "/hostile/deep": page(`${"<div>".repeat(100_000)}${NEXT}`),
  "/hostile/nulls": page(`${"\0".repeat(10_000)}${NEXT}`),
  "/hostile/base": page(`<base href="javascript:void(0)">${NEXT}`),
  "/hostile/picture": page(`<a href="/hostile/never">`, "image/png"),
  "/hostile/no-picture": page(`\x89PNG\r\n\x1a\n${NEXT}`),
};
