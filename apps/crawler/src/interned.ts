import { flatten } from "./flatten.js";

/** A power of two; a page has fewer different names than that. */
const SLOTS = 512;
/** Longer words are not kept. */
const LONGEST = 32;

/**
 * Words in lower case that are met again and again in a larger text: each is one string, made once,
 * so that finding it makes no garbage and comparing it is quick.
 */
export class Interned {
  private readonly slots: string[] = Array.from({ length: SLOTS }, () => "");

  /** What stands in a text from `start` to `end`, in lower case. */
  of(text: string, start: number, end: number): string {
    const length = end - start;
    if (length > LONGEST) return text.slice(start, end).toLowerCase();
    let hash = length;
    for (let at = start; at < end; at++) hash = Math.imul(hash, 31) + (text.charCodeAt(at) | 0x20);
    const slot = hash & (SLOTS - 1);
    const kept = this.slots[slot]!;
    if (kept.length === length && equals(text, start, kept)) return kept;
    return (this.slots[slot] = flatten(text.slice(start, end).toLowerCase()));
  }
}

/** @param word in lower case */
function equals(text: string, start: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) {
    const code = text.charCodeAt(start + i);
    const isUpper = code >= 0x41 && code <= 0x5a;
    if ((isUpper ? code | 0x20 : code) !== word.charCodeAt(i)) return false;
  }
  return true;
}
