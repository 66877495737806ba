import { Expectation } from "./expectation.js";
import { HOSTILE, SLOPPY } from "./hostile.js";
import type { PageRoute, Route } from "./route.js";

export interface PlanOptions {
  readonly port: number;
  /** Ordinary pages on each host, besides its home page. */
  readonly pagesPerHost?: number;
}

const FIRST_HOST = 10;
const HOSTS = 24;
/** Links from each page to further pages of its host, which make a tree. */
const FAN_OUT = 10;

/**
 * The demo site: what every URL answers, and what a crawler must make of it. Nothing here depends
 * on time or chance, so the same port gives the same site. The server reads `routes`, tests read
 * `expected`.
 *
 * Every host is an address of the loopback network. Each has the same ordinary pages; some have a
 * speciality besides.
 */
export class Plan {
  readonly port: number;
  readonly hosts: readonly string[];
  readonly routes: Map<string, Route> = new Map();
  /** Body of each host's robots.txt, or the status it answers. Hosts not listed answer 404. */
  readonly robots: Map<string, string | number> = new Map();
  readonly expected: Expectation = new Expectation();
  private readonly pagesPerHost: number;

  constructor({ port, pagesPerHost = 100 }: PlanOptions) {
    this.port = port;
    this.pagesPerHost = pagesPerHost;
    this.hosts = Array.from({ length: HOSTS }, (_, index) => this.origin(FIRST_HOST + index));
    for (const host of this.hosts) this.ordinaryPages(host);
    this.unreadableRobots();
    this.index();
    this.redirects();
    this.failures();
    this.forbidden();
    this.traps();
    this.endless();
    this.malformed();
    this.charsets();
    this.encodings();
    this.nofollow();
    this.files();
    this.hostile();
    this.deadHosts();
  }

  /** The one page a crawl of the whole site begins with. */
  get seed(): string {
    return `${this.host("index")}/`;
  }

  /** The answer to a request, or undefined for 404. */
  route(url: string): Route | undefined {
    return this.routes.get(url) ?? this.calendar(url) ?? this.session(url);
  }

  /** Milliseconds a response takes: 5 to 50, by its URL; 150 to 300 on the slow host. */
  latency(url: string): number {
    // Long chains, one page after the other.
    const chains = [`${this.host("traps")}/calendar`, `${this.host("hostile")}/session`];
    if (chains.some((chain) => url.startsWith(chain))) return 5;
    const hash = hashOf(url);
    return url.startsWith(this.host("slow")) ? 150 + (hash % 151) : 5 + (hash % 46);
  }

  private origin(lastByte: number): string {
    return `http://127.0.0.${lastByte}:${this.port}`;
  }

  private host(role: Role): string {
    return this.hosts[ROLES.indexOf(role)]!;
  }

  /** Adds links to a host's home page. */
  private linkFromHome(host: string, ...links: string[]): void {
    const home = this.routes.get(`${host}/`);
    if (home?.kind === "page") home.links.push(...links);
  }

  private page(
    url: string,
    title: string,
    links: string[] = [],
    more: Partial<PageRoute> = {},
  ): void {
    this.routes.set(url, { kind: "page", title, links, ...more });
    this.expected.page(url);
  }

  /**
   * A home page and a tree of pages; each also links to pages of the next two hosts, which those
   * have anyway.
   */
  private ordinaryPages(host: string): void {
    const number = this.hosts.indexOf(host);
    const count = this.pagesOf(host);
    this.page(`${host}/`, `Home of ${host}`, children(0, count));
    for (let page = 1; page <= count; page++) {
      const neighbours = [1, 2].map((step) => this.hosts[(number + step) % HOSTS]!);
      const elsewhere = neighbours
        .filter((other) => other !== this.host("robots-503"))
        .map((other) => `${other}/p/${((page * 7) % this.pagesOf(other)) + 1}`);
      this.page(`${host}/p/${page}`, `Page ${page} of ${host}`, [
        "/",
        ...children(page, count),
        ...elsewhere,
      ]);
    }
  }

  /**
   * The slow host and the one with a crawl-delay are small, or a demo would wait for them alone.
   */
  private pagesOf(host: string): number {
    const isSmall = host === this.host("slow") || host === this.host("crawl-delay");
    return isSmall ? Math.min(20, this.pagesPerHost) : this.pagesPerHost;
  }

  private index(): void {
    const host = this.host("index");
    const bad = ["mailto:someone@demo.example", "javascript:void(0)", "http://[broken", "#top"];
    this.linkFromHome(host, ...this.hosts.slice(1).map((other) => `${other}/`), ...bad);
    this.expected.skip("unsupported-scheme", 2).skip("bad-url", 1);
  }

  private redirects(): void {
    const host = this.host("redirects");
    const to = (path: string, location: string, status = 302): void => {
      this.routes.set(`${host}${path}`, { kind: "redirect", status, location });
    };
    this.linkFromHome(host, "/r/chain/0", "/r/loop/a", "/r/long/0", "/r/away", "/r/home");
    this.linkFromHome(host, "/r/mail", "/r/into-private", "/r/refresh");
    for (let hop = 0; hop < 3; hop++) to(`/r/chain/${hop}`, `/r/chain/${hop + 1}`, 301);
    to("/r/chain/3", "/r/target", 308);
    this.page(`${host}/r/target`, "The end of a chain of redirects");
    to("/r/loop/a", "/r/loop/b");
    to("/r/loop/b", "/r/loop/a");
    this.expected.error(`${host}/r/loop/a`, "redirect-loop");
    for (let hop = 0; hop < 20; hop++) to(`/r/long/${hop}`, `/r/long/${hop + 1}`);
    this.expected.error(`${host}/r/long/0`, "too-many-redirects");
    to("/r/away", `${this.host("failures")}/landing`, 307);
    this.page(`${this.host("failures")}/landing`, "Where another host redirects to");
    to("/r/home", "/", 303);
    this.expected.status("3xx").skip("known", 1);
    to("/r/mail", "mailto:someone@demo.example");
    this.expected.error(`${host}/r/mail`, "bad-redirect");
    to("/r/into-private", `${this.host("robots")}/private/by-redirect`);
    this.expected.status("3xx").skip("robots", 1);
    this.expected.never(`${this.host("robots")}/private/by-redirect`);
    const head = '<meta http-equiv="refresh" content="0; url=/r/refreshed">';
    this.page(`${host}/r/refresh`, "Refreshes itself", [], { head });
    this.page(`${host}/r/refreshed`, "Where the refresh leads");
  }

  private failures(): void {
    const host = this.host("failures");
    this.linkFromHome(host, "/e/404", "/e/410", "/e/500", "/e/flaky", "/e/busy", "/e/reset");
    this.routes.set(`${host}/e/404`, { kind: "status", status: 404 });
    this.routes.set(`${host}/e/410`, { kind: "status", status: 410 });
    this.expected.status("4xx", 2);
    this.routes.set(`${host}/e/500`, { kind: "status", status: 500 });
    this.expected.status("5xx").retries(2);
    this.page(`${host}/e/flaky`, "Broken once, then fine", [], { failures: 1, status: 500 });
    this.page(`${host}/e/busy`, "Busy once, then fine", [], {
      failures: 1,
      status: 503,
      retryAfter: 1,
    });
    this.expected.retries(2);
    this.routes.set(`${host}/e/reset`, { kind: "reset" });
    this.expected.error(`${host}/e/reset`, "connection-reset").retries(2);
  }

  private forbidden(): void {
    const host = this.host("robots");
    this.robots.set(host, "User-agent: *\nDisallow: /private/\nAllow: /private/open$\n");
    for (let page = 1; page <= 10; page++) {
      this.linkFromHome(host, `/private/${page}`);
      this.expected.skip("robots", 1).never(`${host}/private/${page}`);
    }
    this.linkFromHome(host, "/private/open");
    this.page(`${host}/private/open`, "Allowed below a forbidden path");

    const own = this.host("own-group");
    this.robots.set(
      own,
      "User-agent: *\nDisallow: /\n\nUser-agent: Greenlit-Crawler\nDisallow: /no\n",
    );
    this.linkFromHome(own, "/no/1");
    this.expected.skip("robots", 1).never(`${own}/no/1`);

    this.robots.set(this.host("crawl-delay"), "User-agent: *\nCrawl-delay: 0.05\n");
  }

  /** RFC 9309: a robots.txt that answers 5xx forbids everything. */
  private unreadableRobots(): void {
    const host = this.host("robots-503");
    this.robots.set(host, 503);
    for (const url of [...this.expected.pages].filter((page) => page.startsWith(`${host}/`))) {
      this.expected.pages.delete(url);
      this.expected.never(url);
    }
    this.expected.error(`${host}/`, "robots-unreachable");
  }

  private traps(): void {
    const host = this.host("traps");
    const long = `/long/${"x".repeat(2_100)}`;
    this.linkFromHome(host, "/calendar?month=1", "/deep/", long, "/events/2150/01/");
    this.page(`${host}/events/2150/01/`, "Far away, and no calendar");
    this.expected.skip("url-too-long", 1);
    // A hundred links further there was nothing new.
    for (let month = 1; month <= 101; month++)
      this.expected.page(`${host}/calendar?month=${month}`);
    this.expected.skip("same-content", 1).never(`${host}/calendar?month=102`);
    for (const path of ["/deep/", "/deep/x/", "/deep/x/x/", "/deep/x/x/x/"]) {
      this.page(`${host}${path}`, `A link to itself below itself: ${path}`, ["x/"]);
    }
    this.expected.skip("repeated-segments", 1).never(`${host}/deep/x/x/x/x/`);
  }

  /** There is always another month. */
  private calendar(url: string): Route | undefined {
    const month = /\/calendar\?month=(\d+)$/.exec(url)?.[1];
    if (month === undefined || !url.startsWith(this.host("traps"))) return undefined;
    return {
      kind: "page",
      title: `Month ${month}`,
      links: [`/calendar?month=${Number(month) + 1}`],
    };
  }

  private endless(): void {
    const host = this.host("endless");
    this.linkFromHome(host, "/endless", "/bomb");
    this.routes.set(`${host}/endless`, { kind: "endless" });
    this.routes.set(`${host}/bomb`, { kind: "bomb" });
    this.expected.error(`${host}/endless`, "body-too-large");
    this.expected.error(`${host}/bomb`, "body-too-large");
  }

  private malformed(): void {
    const host = this.host("malformed");
    const bodies = [
      "<html><body><a href=/malformed/2 <p>an unclosed tag<table><a href='/malformed/3'>",
      '</div></div><a title="a > b" HREF = "/malformed/4">\u0000<b><i></b></i>&#xFFFFFF;&bogus;',
      "<a href='/malformed/5\n'>a line break within the address</a><a href>none</a><a href=''>",
      '<script>document.write("<a href=/malformed/not-a-link>")</script><a href="/malformed/6">',
      "<!doctype html><title>never closed <a href=/malformed/not-a-link>",
      "<a href=/malformed/7><!-- never closed <a href=/malformed/not-a-link>",
      "",
    ];
    bodies.forEach((body, index) => this.page(`${host}/malformed/${index + 1}`, "", [], { body }));
    this.linkFromHome(host, "/malformed/1", "/malformed/5");
    this.expected.never(`${host}/malformed/not-a-link`);
  }

  private charsets(): void {
    const host = this.host("charsets");
    const texts = [
      ["windows-1252", "header", "Café “naïve” – 5 €"],
      ["shift_jis", "header", "日本語のページ"],
      ["koi8-r", "meta", "Русская страница"],
      ["utf-16le", "bom", "Größe — ελληνικά"],
      ["utf-8", "bom", "中文 – 한국어"],
    ] as const;
    for (const [charset, declared, title] of texts) {
      this.linkFromHome(host, `/charset/${charset}`);
      // The path of a link is UTF-8, whatever the encoding of the page.
      const name = encodeURI(title.slice(0, 2));
      this.page(`${host}/charset/${charset}`, title, [`/named/${title.slice(0, 2)}`], {
        charset,
        declared,
      });
      this.page(`${host}/named/${name}`, name);
      this.expected.titles.set(`${host}/charset/${charset}`, title);
    }
  }

  private encodings(): void {
    const host = this.host("encodings");
    for (const coding of ["gzip", "br", "deflate", "deflate-raw"] as const) {
      this.linkFromHome(host, `/coding/${coding}`);
      this.page(`${host}/coding/${coding}`, coding, [`/after/${coding}`], { coding });
      this.page(`${host}/after/${coding}`, `Found in a ${coding} page`);
      this.expected.titles.set(`${host}/coding/${coding}`, coding);
    }
  }

  private nofollow(): void {
    const host = this.host("nofollow");
    this.linkFromHome(host, "/nofollow/links", "/nofollow/meta", "/nofollow/header");
    const body = '<a rel="external nofollow" href="/hidden/1">1</a><a rel=ugc href=/hidden/2>2</a>';
    this.page(`${host}/nofollow/links`, "", [], { body });
    const head = '<meta name="ROBOTS" content="noindex, NOFOLLOW">';
    this.page(`${host}/nofollow/meta`, "No link to follow", ["/hidden/3"], { head });
    const headers = { "x-robots-tag": "none" };
    this.page(`${host}/nofollow/header`, "No link to follow", ["/hidden/4"], { headers });
    for (let page = 1; page <= 4; page++) this.expected.never(`${host}/hidden/${page}`);
    this.expected.skip("nofollow", 4);
  }

  private files(): void {
    const host = this.host("files");
    for (const [name, contentType] of [
      ["report.pdf", "application/pdf"],
      ["picture.png", "image/png"],
      ["notes.txt", "text/plain"],
    ] as const) {
      this.linkFromHome(host, `/files/${name}`);
      this.routes.set(`${host}/files/${name}`, { kind: "file", contentType, size: 20_000 });
      this.expected.page(`${host}/files/${name}`);
    }
  }

  private hostile(): void {
    const host = this.host("hostile");
    for (const [role, pages] of [
      [this.host("sloppy"), SLOPPY],
      [host, HOSTILE],
    ] as const) {
      for (const [path, { route, outcome }] of Object.entries(pages)) {
        this.linkFromHome(role, path);
        this.routes.set(`${role}${path}`, route);
        if (outcome === "page") this.expected.page(`${role}${path}`);
        else this.expected.error(`${role}${path}`, outcome);
        if (RETRIED.has(outcome)) this.expected.retries(2);
      }
    }
    this.page(
      `${this.host("sloppy")}/hostile/next`,
      "What answers that are not quite HTTP lead to",
    );
    this.expected.never(`${host}/hostile/never`);
    // Plain HTTP where TLS should be.
    const secure = host.replace("http:", "https:");
    this.linkFromHome(host, `${secure}/`, "/session/a/");
    this.expected.error(`${secure}/`, "tls");
    for (let page = 0; page <= 100; page++) this.expected.page(`${host}${sessionPath(page)}`);
    this.expected.skip("same-content", 1).never(`${host}${sessionPath(101)}`);
  }

  /** Each page has a new session in its path, and so a new URL. */
  private session(url: string): Route | undefined {
    const id = /\/session\/([a-j]+)\/$/.exec(url)?.[1];
    if (id === undefined || !url.startsWith(this.host("hostile"))) return undefined;
    const page = Number(id.replace(/./g, (letter) => String(DIGITS.indexOf(letter))));
    const body = `<title>Welcome</title><a href="${sessionPath(page + 1)}">All that we have</a>`;
    return { kind: "page", title: "Welcome", links: [], body };
  }

  private deadHosts(): void {
    const dead = [`${this.origin(99)}/`, "http://127.0.0.10:9/"];
    this.linkFromHome(this.host("index"), ...dead);
    for (const url of dead) this.expected.error(url, "connection-refused");
  }
}

/** What each of the first hosts is for; the others have ordinary pages only. */
const ROLES = [
  "index",
  "redirects",
  "failures",
  "slow",
  "robots",
  "robots-503",
  "own-group",
  "crawl-delay",
  "traps",
  "endless",
  "malformed",
  "charsets",
  "encodings",
  "nofollow",
  "files",
  "sloppy",
  "hostile",
] as const;
type Role = (typeof ROLES)[number];

/** Errors after which a page is tried again. */
const RETRIED: ReadonlySet<string> = new Set(["protocol", "connection-reset"]);

const DIGITS = "abcdefghij";

/** Without a digit in it. */
function sessionPath(page: number): string {
  return `/session/${String(page).replace(/\d/g, (digit) => DIGITS[Number(digit)]!)}/`;
}

function children(page: number, count: number): string[] {
  const first = page * FAN_OUT + 1;
  const links: string[] = [];
  for (let child = first; child < first + FAN_OUT && child <= count; child++)
    links.push(`/p/${child}`);
  return links;
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash;
}
