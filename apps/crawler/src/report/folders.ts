/** A folder of a site, or a page: `example.org/`, `example.org/docs/`, `example.org/docs/a`. */
interface Folder {
  readonly name: string;
  readonly parent: Folder | null;
  readonly children: Map<string, Folder>;
  /** URLs in it and below. */
  urls: number;
  /** It is told apart from the folder that it is in. */
  isOpen: boolean;
  /** Its number among those that have URLs of their own. */
  number: number;
}

/**
 * Divides the URLs of a crawl into parts that can be seen at once: the largest folder is opened
 * again and again, until there are as many parts as wanted. What is in no opened folder within it
 * stays a part: the rest of that folder. Where there are few folders, the first pages of the crawl
 * are parts of their own, up to half as many as wanted.
 */
export class Folders {
  /** Names of the parts, in the order of the site. */
  readonly names: readonly string[];
  private readonly root: Folder = folder("", null);

  /** @param most parts */
  constructor(urls: Iterable<string>, most: number) {
    const pages = [...urls].map((url) => this.insert(url));
    let parts = this.openFolders(most);
    for (const page of pages) {
      if (parts >= Math.max(most / 2, pages.length <= most ? most : 0)) break;
      if (page.isOpen || page.parent?.isOpen !== true) continue;
      page.isOpen = true;
      parts++;
    }
    const names: string[] = [];
    number(this.root, names);
    this.names = names;
  }

  /** The part that a URL is in, by number; -1 when it was not among them. */
  partOf(url: string): number {
    let part = this.root;
    let at: Folder | undefined = part;
    for (const segment of segmentsOf(url)) {
      at = at.children.get(segment);
      if (at === undefined) return -1;
      if (at.isOpen) part = at;
    }
    return part.number;
  }

  private insert(url: string): Folder {
    let at = this.root;
    at.urls++;
    for (const segment of segmentsOf(url)) {
      let child = at.children.get(segment);
      if (child === undefined) at.children.set(segment, (child = folder(at.name + segment, at)));
      child.urls++;
      at = child;
    }
    return at;
  }

  /** @returns how many parts there are now */
  private openFolders(most: number): number {
    // Those that are open and may be divided, the largest of which is divided next.
    const divisible = [this.root];
    let parts = 1;
    this.root.isOpen = true;
    for (let next; (next = divisible.pop()) !== undefined; divisible.sort(bySize)) {
      const children = [...next.children.values()].filter(({ urls }) => urls > 1).sort(bySize);
      for (const child of children.reverse().slice(0, most - parts)) {
        child.isOpen = true;
        divisible.push(child);
        // A folder that has nothing else but this one is no part any more.
        if (child.urls < next.urls) parts++;
      }
    }
    return parts;
  }
}

function bySize(a: Folder, b: Folder): number {
  return a.urls - b.urls;
}

function folder(name: string, parent: Folder | null): Folder {
  return { name, parent, children: new Map(), urls: 0, isOpen: false, number: -1 };
}

/** Numbers the parts below a folder, and then the rest of it. */
function number(at: Folder, names: string[]): void {
  let own = at.urls;
  const children = [...at.children.values()].filter(({ isOpen }) => isOpen);
  for (const child of children.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    own -= child.urls;
    number(child, names);
  }
  if (own > 0) at.number = names.push(at.name) - 1;
}

/** `https://example.org/docs/a?b` is in `example.org/`, in `docs/`, and is `a?b`. */
function segmentsOf(url: string): string[] {
  const start = url.indexOf("//") + 2;
  const query = url.indexOf("?", start);
  const path = query < 0 ? url.slice(start) : url.slice(start, query);
  const segments = path.match(/[^/]*\/|[^/]+$/g) ?? [path];
  if (query >= 0) segments.push(url.slice(query));
  return segments;
}
