import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { Event } from "greenlit";
import {
  ftruncateSync,
  closeSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
} from "greenlit/fs";
import { readJournal } from "../journal.js";
import { JsonlFile } from "../jsonl.js";
import { type FileOutput, OutputError, outputError } from "../output.js";
import { Pace } from "../pace.js";
import { Recent } from "../recent.js";
import { replaceFile } from "../replaced-file.js";
import { type Captured, captureOf, type Original, warcinfo } from "./capture.js";
import { cdxjLine } from "./cdxj.js";
import type { Exchange } from "./exchange.js";
import { sortLines } from "./sort-lines.js";
import { OPEN, WarcFile } from "./warc-file.js";
import type { WarcFields } from "./warc-record.js";

export interface WarcOptions {
  /** Bytes after which a file is followed by another one. */
  readonly size: number;
  /** What the names of the files begin with. */
  readonly prefix: string;
  /** What the files say of the crawl. */
  readonly about: WarcFields;
}

/** Names in the folder. */
export const JOURNAL = "captures.jsonl";
export const INDEX = "index.cdxj";

/** Bodies of which it is remembered that they are in the archive. */
const REMEMBERED = 50_000;

/**
 * WARC files in a folder, each of limited size, and a journal of all captures in them.
 *
 *     folder/example.org-20261129105546123-00000-host.warc.gz         whole
 *     folder/example.org-20261129110201456-00001-host.warc.gz.open    being written
 *     folder/captures.jsonl                                            the journal
 *     folder/index.cdxj                                                made of it at the end
 *
 * As an output of the crawl it is as long as its journal. The last line of that which was committed
 * says which file was being written, and how long it was: what is beyond that, and other files that
 * are open, are not of the crawl, and are gone when the next run begins. Each run begins a file.
 */
export class WarcFiles implements FileOutput<Exchange> {
  readonly folder: string;
  /** Bytes of bodies that were written. */
  written = 0;
  /** Set whenever there are more. */
  readonly wrote: Event = new Event();
  private readonly options: WarcOptions;
  private readonly journal: JsonlFile;
  /** By the digest of their body. */
  private readonly originals = new Recent<string, Original>(REMEMBERED);
  private readonly waiting: Exchange[] = [];
  /** Number of the next file. */
  private serial = 0;
  private current: WarcFile | null = null;
  /** Files that are followed by another one, and not all committed. */
  private full: WarcFile[] = [];
  private isCommitted = true;

  /**
   * @param file the journal
   * @param keep bytes of it that stay
   * @throws OutputError when the files cannot be read, or have lost their end
   */
  constructor(file: string, keep: number, options: WarcOptions) {
    this.folder = dirname(file);
    this.options = options;
    try {
      mkdirSync(this.folder, { recursive: true });
      if (keep === 0) this.removeAll(file);
      this.restore(this.readBack(file, keep));
    } catch (error) {
      throw outputError(this.folder, error);
    }
    this.journal = new JsonlFile(file, keep);
  }

  get file(): string {
    return this.journal.file;
  }

  get length(): number {
    return this.journal.length;
  }

  write(exchange: Exchange): void {
    this.waiting.push(exchange);
  }

  /** @throws OutputError; then it is as if nothing had been written */
  flush(): void {
    if (this.waiting.length === 0) return;
    const { current, full, serial, isCommitted } = this;
    const length = current?.length ?? 0;
    this.full = [...full];
    this.isCommitted = false;
    try {
      const pace = new Pace();
      for (let next; (next = this.waiting.shift()) !== undefined; pace.step()) this.append(next);
      this.current!.sync();
      this.journal.flush();
    } catch (error) {
      for (const file of [...this.full, this.current])
        if (file !== null && serialOf(file.name) >= serial) file.remove();
      current?.cut(length);
      Object.assign(this, { current, full, serial, isCommitted });
      throw outputError(this.folder, error);
    }
  }

  /** What was flushed is of the crawl for good: files that are full get their names. */
  committed(): void {
    for (const file of this.full) file.finish();
    this.full = [];
    this.isCommitted = true;
  }

  /**
   * Makes the index of what is committed: a line of CDXJ for each capture, in their order.
   * @throws OutputError
   */
  finish(): void {
    const { file, folder, length } = this;
    replaceFile(join(folder, INDEX), (index) => {
      const pace = new Pace();
      for (const line of sortLines(linesOf(file, length), folder)) {
        index.write(`${line}\n`);
        pace.step();
      }
    });
  }

  close(): void {
    for (const { payload } of this.waiting) payload.close();
    for (const file of [...this.full, this.current]) {
      if (this.isCommitted) file?.finish();
      else file?.close();
    }
    this.journal.close();
  }

  private append(exchange: Exchange): void {
    if (this.current !== null && this.current.length >= this.options.size) {
      this.current.sync();
      this.full.push(this.current);
      this.current = null;
    }
    const file = (this.current ??= this.begin());
    const offset = file.length;
    const { payload } = exchange;
    const { capture, records } = captureOf(exchange, (digest) => this.originals.get(digest));
    const [length] = records.map((record) => file.append(record)) as [number, ...number[]];
    const captured: Captured = {
      ...capture,
      filename: file.name,
      offset,
      length,
      end: file.length,
    };
    this.remember(captured);
    this.journal.write(captured);
    this.written += payload.length;
    payload.close();
    this.wrote.set();
  }

  /** Begins a file. */
  private begin(): WarcFile {
    const time = new Date().toISOString().replace(/\D/g, "");
    const serial = String(this.serial++).padStart(5, "0");
    const host = hostname().replace(/[^\w.-]+/g, "-");
    const name = `${this.options.prefix}-${time}-${serial}-${host}.warc.gz`;
    const file = new WarcFile(this.folder, name);
    file.append(warcinfo(name, this.options.about));
    return file;
  }

  private remember({ type, digest, size, truncated, id, url, date }: Captured): void {
    const isWhole = type === "response" && truncated === null && size > 0;
    if (isWhole) this.originals.set(digest, { id, url, date });
  }

  /** Learns which bodies are there. @returns the last capture that was committed */
  private readBack(file: string, keep: number): Captured | null {
    let last: Captured | null = null;
    for (const captured of keep > 0 ? readJournal<Captured>(file, keep) : []) {
      this.remember(captured);
      last = captured;
    }
    return last;
  }

  /** Leaves of the files what was committed. @param last null: nothing was */
  private restore(last: Captured | null): void {
    const lastSerial = last === null ? -1 : serialOf(last.filename);
    this.serial = lastSerial + 1;
    for (const open of readdirSync(this.folder)) {
      const name = open.slice(0, -OPEN.length);
      if (!open.endsWith(OPEN) || Number.isNaN(serialOf(name))) continue;
      const path = join(this.folder, name);
      // One that was full before may have been left without its name.
      const isOurs = name === last?.filename || serialOf(name) < lastSerial;
      if (isOurs) renameSync(path + OPEN, path);
      else unlinkSync(path + OPEN);
    }
    if (last !== null) cut(join(this.folder, last.filename), last.end);
  }

  /** What the journal names is of a crawl that is not to be gone on with. */
  private removeAll(file: string): void {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size === 0) return;
    const names = new Set<string>();
    for (const { filename } of readJournal<Captured>(file, size)) names.add(filename);
    for (const name of names)
      for (const path of [join(this.folder, name), join(this.folder, name + OPEN)])
        if (statSync(path, { throwIfNoEntry: false }) !== undefined) unlinkSync(path);
  }
}

function* linesOf(file: string, length: number): Generator<string, void, undefined> {
  for (const captured of readJournal<Captured>(file, length)) yield cdxjLine(captured);
}

function serialOf(name: string): number {
  return Number(/-\d{17}-(\d+)-/.exec(name)?.[1] ?? NaN);
}

/** Cuts a file to the bytes that count. @throws OutputError when it is shorter than that */
function cut(path: string, length: number): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size < length) {
    throw new OutputError(
      `${path} has lost its end: of ${length} bytes ${size} are left. ` +
        `Put it back, or start over with --fresh`,
    );
  }
  if (size === length) return;
  const descriptor = openSync(path, "r+");
  try {
    ftruncateSync(descriptor, length);
    fdatasyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
