import { createHash, type Hash } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The SHA-1 of what is written to it, as the tools of web archives spell it. */
export class Digest {
  private readonly hash: Hash = createHash("sha1");

  update(bytes: Buffer): this {
    this.hash.update(bytes);
    return this;
  }

  /** `sha1:` and 32 letters and digits (base32, RFC 4648 section 6). Ends it. */
  finish(): string {
    return `sha1:${base32(this.hash.digest())}`;
  }
}

/** Of bytes whose number is a multiple of five, so that nothing must be filled up. */
function base32(bytes: Buffer): string {
  let text = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(value >> (bits - 5)) & 31];
    value &= (1 << bits) - 1;
  }
  return text;
}
