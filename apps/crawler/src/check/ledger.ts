import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database, RootDatabase } from "lmdb";
import type { ReferenceKind } from "../inventory.js";
import { wait } from "greenlit";
import { keyOf } from "../lmdb-store.js";
import { Recent } from "../recent.js";
import { type Finding, FINDING_KINDS, type FindingKind, type Place } from "./finding.js";
import type { Outcome } from "./outcome.js";

const require = createRequire(import.meta.url);

/** Findings whose numbers are kept in memory: pages of one site link to much the same. */
const REMEMBERED = 10_000;

/** A link with a fragment, to a page that has not been looked at for it yet. */
export interface Pointer {
  readonly fragment: string;
  /** The link, with its fragment. */
  readonly href: string;
  readonly place: Place;
}

type StoredPlace = [page: string | null, line: number | null, element: ReferenceKind | null];
type StoredPointer = [fragment: string, href: string, ...StoredPlace];

interface Header {
  readonly id: number;
  readonly kind: FindingKind;
  readonly target: string;
  readonly detail: string;
}

/**
 * What a check knows so far, on the disk, however much it is: in memory are the last of it only.
 *
 *     outcomes   url -> Outcome                     of what is not simply there
 *     pointers   [page, n] -> Pointer               fragments to look for on a page
 *     findings   kind and target -> Header          in the order in which they are told
 *     places     [finding, n] -> Place
 */
export class Ledger {
  private readonly folder: string;
  private readonly environment: RootDatabase;
  private readonly outcomes: Database<Outcome, string>;
  private readonly pointers: Database<StoredPointer, [string, number]>;
  private readonly headers: Database<Header, string>;
  private readonly places: Database<StoredPlace, [number, number]>;
  private readonly recent = new Recent<string, number>(REMEMBERED);
  /** How many findings there are of each kind. */
  readonly counts: Record<FindingKind, number>;
  /** Whether there is any link with a fragment to look for. */
  hasPointers = false;
  private ids = 0;
  private written = 0;

  /** @param folder where it may leave a folder while it is open; default: the system's for that */
  constructor(folder: string = tmpdir()) {
    this.folder = mkdtempSync(join(folder, "greenlit-check-"));
    const { open } = require("lmdb") as typeof import("lmdb");
    this.environment = open({ path: this.folder, maxDbs: 4, noSubdir: false, noSync: true });
    this.outcomes = this.environment.openDB("outcomes", { encoding: "json" });
    this.pointers = this.environment.openDB("pointers", { encoding: "json" });
    this.headers = this.environment.openDB("findings", { encoding: "json" });
    this.places = this.environment.openDB("places", { encoding: "json" });
    this.counts = Object.fromEntries(FINDING_KINDS.map((kind) => [kind, 0])) as typeof this.counts;
  }

  /** Much is written faster in one piece. `work` may not block the greenlet. */
  together(work: () => void): void {
    this.environment.transactionSync(work);
  }

  /** @param isOwn whether it is that of a URL fetched under its own name, which counts most */
  setOutcome(url: string, outcome: Outcome, isOwn: boolean): void {
    if (isOwn || !this.outcomes.doesExist(keyOf(url))) this.outcomes.putSync(keyOf(url), outcome);
  }

  outcome(url: string): Outcome | undefined {
    return this.outcomes.get(keyOf(url));
  }

  addPointer(page: string, { fragment, href, place }: Pointer): void {
    this.hasPointers = true;
    this.pointers.putSync([keyOf(page), this.written++], [fragment, href, ...stored(place)]);
  }

  *pointersTo(page: string): Iterable<Pointer> {
    const key = keyOf(page);
    for (const { value } of this.pointers.getRange({ start: [key, 0], end: [key, Infinity] })) {
      const [fragment, href, ...place] = value;
      yield { fragment, href, place: restored(place) };
    }
  }

  add(kind: FindingKind, target: string, detail: string, place: Place): void {
    const key = String.fromCharCode(65 + FINDING_KINDS.indexOf(kind)) + keyOf(target);
    let id = this.recent.get(key) ?? this.headers.get(key)?.id;
    if (id === undefined) {
      id = this.ids++;
      this.counts[kind]++;
      this.headers.putSync(key, { id, kind, target, detail });
    }
    this.recent.set(key, id);
    this.places.putSync([id, this.written++], stored(place));
  }

  *findings(): Iterable<Finding> {
    for (const { value } of this.headers.getRange()) {
      const { id, kind, target, detail } = value;
      const count = this.places.getKeysCount(rangeOf(id));
      const places = { [Symbol.iterator]: () => this.placesOf(id) };
      yield { kind, target, detail, count, places };
    }
  }

  /** Blocks until nothing of it is left. */
  close(): void {
    wait(this.environment.close());
    rmSync(this.folder, { recursive: true, force: true });
  }

  private *placesOf(id: number): Iterator<Place> {
    for (const { value } of this.places.getRange(rangeOf(id))) yield restored(value);
  }
}

/** LMDB writes into what it is given: a new one each time. */
function rangeOf(id: number): { start: [number, number]; end: [number, number] } {
  return { start: [id, 0], end: [id, Infinity] };
}

function stored({ page, line, element }: Place): StoredPlace {
  return [page, line, element];
}

function restored([page, line, element]: StoredPlace): Place {
  return { page, line, element };
}
