import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { wait } from "greenlit";
import { replaceFile } from "./replaced-file.js";

/** Of one file (sitemaps.org/protocol): URLs, and bytes before compression. */
const MAX_URLS = 50_000;
const MAX_BYTES = 50 * 1024 * 1024;
/** URLs must be shorter than this. */
const MAX_LENGTH = 2_048;

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9";

export interface SitemapOptions {
  /** `sitemap.xml`, or `sitemap.xml.gz`, which is compressed. */
  readonly file: string;
  /** Where the file will be served from: an index of several must say so. */
  readonly url: URL;
  /** What a reader of the file should know. */
  readonly comment?: string | undefined;
}

/**
 * Writes a sitemap by sitemaps.org's protocol: one file, or, when there are too many URLs for one,
 * `sitemap-1.xml`, `sitemap-2.xml` ... and an index of them under the name that was asked for.
 * Holds one file in memory. Its methods may block, and throw OutputError.
 */
export class Sitemap {
  /** URLs in it. */
  urls = 0;
  /** URLs that are too long for a sitemap. */
  tooLong = 0;
  private readonly options: SitemapOptions;
  private readonly written: string[] = [];
  private part: Part;

  constructor(options: SitemapOptions) {
    this.options = options;
    this.part = this.newPart("urlset");
  }

  add(url: string): void {
    if (url.length >= MAX_LENGTH) {
      this.tooLong++;
      return;
    }
    const entry = `<url><loc>${escapeXml(url)}</loc></url>\n`;
    if (!this.part.hasRoom(entry)) this.endPart();
    this.part.add(entry);
    this.urls++;
  }

  /** @returns the files, the one that was asked for first */
  finish(): readonly string[] {
    const { file, url } = this.options;
    if (this.written.length === 0) {
      this.save(file);
      return [file];
    }
    this.endPart();
    this.part = this.newPart("sitemapindex");
    for (const part of this.written) {
      const location = new URL(part.slice(part.lastIndexOf("/") + 1), url);
      this.part.add(`<sitemap><loc>${escapeXml(location.href)}</loc></sitemap>\n`);
    }
    this.save(file);
    return [file, ...this.written];
  }

  private endPart(): void {
    const part = withSuffix(this.options.file, String(this.written.length + 1));
    this.save(part);
    this.written.push(part);
    this.part = this.newPart("urlset");
  }

  private newPart(element: string): Part {
    return new Part(element, this.options.comment);
  }

  private save(file: string): void {
    const bytes = this.part.finish();
    const packed = file.endsWith(".gz") ? wait(promisify(gzip)(bytes)) : bytes;
    replaceFile(file, (it) => it.write(packed));
  }
}

/** The content of one file. */
class Part {
  private readonly chunks: Buffer[];
  private readonly end: Buffer;
  private bytes: number;
  private count = 0;

  constructor(element: string, comment: string | undefined) {
    const note = comment === undefined ? "" : `<!-- ${comment.replaceAll("--", "- -")} -->\n`;
    const start = Buffer.from(`${DECLARATION}${note}<${element} xmlns="${NAMESPACE}">\n`);
    this.chunks = [start];
    this.end = Buffer.from(`</${element}>\n`);
    this.bytes = start.length + this.end.length;
  }

  hasRoom(entry: string): boolean {
    return this.count < MAX_URLS && this.bytes + Buffer.byteLength(entry) <= MAX_BYTES;
  }

  add(entry: string): void {
    const bytes = Buffer.from(entry);
    this.chunks.push(bytes);
    this.bytes += bytes.length;
    this.count++;
  }

  finish(): Buffer {
    return Buffer.concat([...this.chunks, this.end]);
  }
}

/** `folder/sitemap.xml.gz` and `2` give `folder/sitemap-2.xml.gz`. */
export function withSuffix(file: string, suffix: string): string {
  const name = file.lastIndexOf("/") + 1;
  const dot = file.indexOf(".", name + 1);
  return dot < 0 ? `${file}-${suffix}` : `${file.slice(0, dot)}-${suffix}${file.slice(dot)}`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
