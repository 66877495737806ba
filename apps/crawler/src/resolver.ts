import { resolveReference } from "./url.js";

/** Characters that stay as they are in paths, queries and fragments. */
const SAFE = String.raw`[\w\-~!$&()*+,;=@/?#.]`;
/** `/a/b?c=d#e`: a path from the root on, not `//host`. */
const ABSOLUTE = new RegExp(`^/(?!/)${SAFE}*$`);
/** `a/b?c=d#e`, with no scheme, because there is no colon in it. */
const RELATIVE = new RegExp(`^\\w${SAFE}*$`);
/** Where a segment `.` or `..` may be. */
const DOTS = /\.(?:[/?#]|$)/;
/** Longer ones are left to the URL parser. */
const LONGEST = 1_024;

const scratch = Buffer.alloc(2 * LONGEST);

/**
 * Resolves the references of one page. Most of them are a path in characters of which none is to be
 * changed: these are put behind the base, which takes a third of the time of the URL parser; what
 * comes out is the same.
 */
export class Resolver {
  private readonly base: URL;
  private readonly encoding: string | undefined;
  private readonly origin: string;
  private readonly folder: string;

  /** @param base an http or https URL */
  constructor(base: URL, encoding: string | undefined) {
    this.base = base;
    this.encoding = encoding;
    const { href, pathname } = base;
    this.origin = href.slice(0, href.indexOf("/", "https://".length));
    this.folder = this.origin + pathname.slice(0, pathname.lastIndexOf("/") + 1);
  }

  /** @returns an absolute URL that shares no memory with the page; null when it is none */
  resolve(reference: string): string | null {
    if (reference.length < LONGEST && this.folder.length < LONGEST && !DOTS.test(reference)) {
      if (ABSOLUTE.test(reference)) return flat(this.origin + reference);
      if (RELATIVE.test(reference)) return flat(this.folder + reference);
    }
    return resolveReference(reference, this.base, this.encoding);
  }
}

/** As `flatten`, for ASCII. */
function flat(text: string): string {
  return scratch.toString("latin1", 0, scratch.write(text, "latin1"));
}
