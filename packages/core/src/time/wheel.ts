/**
 * What a wheel holds. It is part of the lists itself, so that adding and removing allocate nothing.
 */
export class WheelEntry {
  /** When it is due, in milliseconds of whatever clock. */
  deadline = 0;
  /** @internal Of two entries with the same deadline, the one that was added first comes first. */
  order = 0;
  /** @internal */
  slot: Slot | null = null;
  /** @internal */
  before: WheelEntry | null = null;
  /** @internal */
  behind: WheelEntry | null = null;
}

const BITS = 5;
const SLOTS = 1 << BITS;
const LEVELS = 11;
/**
 * SPANS[n]: how many milliseconds a slot of level n lasts; the last one: how far the wheel reaches
 * (a million years).
 */
const SPANS = Array.from({ length: LEVELS + 1 }, (_, level) => SLOTS ** level);
const REACH = SPANS[LEVELS] as number;

/** A list of entries. */
class Slot {
  first: WheelEntry | null = null;
  last: WheelEntry | null = null;
  readonly level: number;
  readonly index: number;

  constructor(level: number, index: number) {
    this.level = level;
    this.index = index;
  }
}

/**
 * A hierarchical timing wheel: adding, removing and expiring take a time that does not depend on
 * how many there are.
 *
 * ```
 *   level 0   [ | | |x| ... ]   32 slots of 1 ms
 *   level 1   [ | |x| |x... ]   32 slots of 32 ms, poured into level 0 when the cursor is there
 *   level 2   [ | | | | ... ]   32 slots of 1024 ms, poured into level 1 ...
 * ```
 *
 * An entry lies on the lowest level whose 32 slots, counted from the cursor, reach its deadline.
 * One word per level says which slots hold anything. Deadlines keep their fractions: a slot of
 * level 0 is sorted when it expires.
 */
export class Wheel<E extends WheelEntry> {
  /** How many are in it, due or not. */
  length = 0;

  /**
   * Everything due before this whole millisecond has been taken out; what is due within it, as far
   * as it was due.
   */
  private cursor = 0;
  private added = 0;
  private nextLevel = 0;
  private readonly occupied = new Int32Array(LEVELS);
  private readonly slots = Array.from(
    { length: LEVELS * SLOTS },
    (_, i) => new Slot(i >> BITS, i & (SLOTS - 1)),
  );
  /** Beyond the reach: kept, but never due. */
  private readonly far = new Slot(LEVELS, 0);
  /** Expired, and not taken yet. */
  private readonly due = new Slot(LEVELS, 1);

  /**
   * @param entry must have a deadline that is not before `now`.
   * @param now must not be before the time of the last `expire`.
   */
  add(entry: E, now: number): void {
    if (this.length === 0) this.cursor = Math.floor(now);
    this.length++;
    entry.order = this.added++;
    this.place(entry);
  }

  /** Takes an entry out; false if it is in no wheel. */
  remove(entry: E): boolean {
    const { slot } = entry;
    if (slot === null) return false;
    this.unlink(entry, slot);
    this.length--;
    return true;
  }

  /** Makes all entries whose deadline is not after `now` due, in the order of their deadlines. */
  expire(now: number): void {
    const last = Math.floor(now);
    for (let next = this.nextSlot(); next <= last; next = this.nextSlot()) {
      this.cursor = next;
      for (let level = LEVELS - 1; level > 0; level--) {
        const span = SPANS[level] as number;
        if (next % span === 0) this.pour(this.slotAt(level, next / span));
      }
      const slot = this.slotAt(0, next);
      if (slot.first === null) continue;
      this.expireSlot(slot, now);
      if (slot.first !== null) break; // later within this millisecond
    }
    if (last > this.cursor) this.cursor = last;
  }

  /** The next entry that is due; null when there is none. */
  get firstDue(): E | null {
    return this.due.first as E | null;
  }

  /** Takes out the next entry that is due; null when there is none. */
  take(): E | null {
    const { firstDue } = this;
    if (firstDue !== null) this.remove(firstDue);
    return firstDue;
  }

  /**
   * When to call `expire` next: at the least deadline, or earlier where that is far away; Infinity
   * when it is empty.
   */
  next(): number {
    const at = this.nextSlot();
    if (this.nextLevel > 0) return at;
    let least = Infinity;
    for (let e = this.slotAt(0, at).first; e !== null; e = e.behind) {
      if (e.deadline < least) least = e.deadline;
    }
    return least;
  }

  /** All entries, in no order. */
  *[Symbol.iterator](): Generator<E, void, undefined> {
    for (const slot of [...this.slots, this.far, this.due]) {
      for (let e = slot.first; e !== null; e = e.behind) yield e as E;
    }
  }

  /**
   * Where the next slot that holds anything begins; `nextLevel` is its level, the highest if
   * several begin there.
   */
  private nextSlot(): number {
    const { cursor, occupied } = this;
    this.nextLevel = LEVELS;
    let next = this.far.first === null ? Infinity : cursor + REACH / 2;
    for (let level = 0; level < LEVELS; level++) {
      const bits = occupied[level] as number;
      if (bits === 0) continue;
      const span = SPANS[level] as number;
      // Above level 0, the cursor's slot has been poured out: what it holds is for the next round.
      const from = Math.floor(cursor / span) + (level === 0 ? 0 : 1);
      const start = (from + firstFrom(bits, from & (SLOTS - 1))) * span;
      if (start > next) continue;
      next = start;
      this.nextLevel = level;
    }
    return next;
  }

  private slotAt(level: number, number: number): Slot {
    return this.slots[(level << BITS) | (number & (SLOTS - 1))] as Slot;
  }

  private place(entry: WheelEntry): void {
    const tick = Math.max(Math.floor(entry.deadline), this.cursor);
    const distance = tick - this.cursor;
    if (distance >= REACH) return append(this.far, entry);
    let level = 0;
    while (distance >= (SPANS[level + 1] as number)) level++;
    const slot = this.slotAt(
      level,
      level === 0 ? tick : Math.floor(tick / (SPANS[level] as number)),
    );
    (this.occupied[level] as number) |= 1 << slot.index;
    append(slot, entry);
  }

  private unlink(entry: WheelEntry, slot: Slot): void {
    const { before, behind } = entry;
    if (before === null) slot.first = behind;
    else before.behind = behind;
    if (behind === null) slot.last = before;
    else behind.before = before;
    entry.slot = entry.before = entry.behind = null;
    if (slot.first === null && slot.level < LEVELS) {
      (this.occupied[slot.level] as number) &= ~(1 << slot.index);
    }
  }

  /** Places all entries of a slot anew. */
  private pour(slot: Slot): void {
    const entries: WheelEntry[] = [];
    for (let e = slot.first; e !== null; e = e.behind) entries.push(e);
    for (const entry of entries) {
      this.unlink(entry, slot);
      this.place(entry);
    }
  }

  private expireSlot(slot: Slot, now: number): void {
    const entries: WheelEntry[] = [];
    let sorted = true;
    for (let e = slot.first; e !== null; e = e.behind) {
      if (e.deadline > now) continue;
      const last = entries.at(-1);
      if (last !== undefined && compare(last, e) > 0) sorted = false;
      entries.push(e);
    }
    if (!sorted) entries.sort(compare);
    for (const entry of entries) {
      this.unlink(entry, slot);
      append(this.due, entry);
    }
  }
}

function compare(a: WheelEntry, b: WheelEntry): number {
  return a.deadline - b.deadline || a.order - b.order;
}

/** How many places after `index` the first set bit is, going round. */
function firstFrom(bits: number, index: number): number {
  const turned = (bits >>> index) | (index === 0 ? 0 : bits << (SLOTS - index));
  return SLOTS - 1 - Math.clz32(turned & -turned);
}

function append(slot: Slot, entry: WheelEntry): void {
  entry.slot = slot;
  entry.before = slot.last;
  entry.behind = null;
  if (slot.last === null) slot.first = entry;
  else slot.last.behind = entry;
  slot.last = entry;
}
