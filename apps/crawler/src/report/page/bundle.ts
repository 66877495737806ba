import type { SiteGraph } from "../report-data.js";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Place extends Point {
  /** In radians, from the right, clockwise. */
  readonly angle: number;
}

/** How far lines keep to the folders they pass: 0 is straight. */
const TENSION = 0.86;
/** Free space between two folders of the highest level, in places. */
const GAP = 0.8;

/** A folder on the way from a part to the middle. */
interface Knot {
  readonly depth: number;
  sumX: number;
  sumY: number;
}

/**
 * Puts the parts of a site around a circle, those of one folder beside each other, and leads the
 * links between them through the folders they are in (Holten, "Hierarchical Edge Bundles", 2006).
 */
export class Bundle {
  readonly places: readonly Place[];
  private readonly paths: readonly (readonly string[])[];
  private readonly knots = new Map<string, Knot>();
  private readonly radius: number;
  private readonly deepest: number;

  constructor({ nodes }: SiteGraph, radius: number) {
    this.radius = radius;
    this.paths = nodes.map(({ name }) => foldersOf(name));
    this.deepest = Math.max(1, ...this.paths.map(({ length }) => length));
    this.places = this.around();
    for (const [i, path] of this.paths.entries()) {
      for (const [depth, folder] of path.entries()) {
        const knot = this.knots.get(folder) ?? { depth, sumX: 0, sumY: 0 };
        knot.sumX += Math.cos(this.places[i]!.angle);
        knot.sumY += Math.sin(this.places[i]!.angle);
        this.knots.set(folder, knot);
      }
    }
  }

  /** The line between two parts, as an SVG path. */
  line(from: number, to: number): string {
    const [up, down] = [this.paths[from]!, this.paths[to]!];
    let common = 0;
    while (common < up.length && common < down.length && up[common] === down[common]) common++;
    const folders = [...up.slice(common).reverse(), ...down.slice(common)];
    const way = [
      this.places[from]!,
      ...folders.map((folder) => this.placeOf(folder)),
      this.places[to]!,
    ];
    // Neighbours meet at the middle of the circle when nothing else is between them.
    if (folders.length === 0) way.splice(1, 0, { x: 0, y: 0 });
    return spline(straightened(way));
  }

  private around(): Place[] {
    let at = 0;
    const steps = this.paths.map((path, i) => {
      const before = this.paths[i - 1];
      if (before !== undefined && top(before) !== top(path)) at += GAP;
      return at++;
    });
    return steps.map((step) => {
      const angle = (2 * Math.PI * step) / Math.max(1, at + GAP) - Math.PI / 2;
      return { angle, x: this.radius * Math.cos(angle), y: this.radius * Math.sin(angle) };
    });
  }

  private placeOf(folder: string): Point {
    const { depth, sumX, sumY } = this.knots.get(folder)!;
    const length = Math.hypot(sumX, sumY) || 1;
    const distance = (0.75 * this.radius * depth) / this.deepest;
    return { x: (distance * sumX) / length, y: (distance * sumY) / length };
  }
}

/** `a.org/b/c` is in `a.org/` and in `a.org/b/`. */
function foldersOf(name: string): string[] {
  const folders: string[] = [];
  for (let at = name.indexOf("/"); at >= 0; at = name.indexOf("/", at + 1))
    folders.push(name.slice(0, at + 1));
  return folders;
}

/** The folder of a site by which parts are held together. */
function top(path: readonly string[]): string {
  return path[1] ?? path[0] ?? "";
}

function straightened(way: readonly Point[]): Point[] {
  const [start, end] = [way[0]!, way.at(-1)!];
  return way.map(({ x, y }, i) => {
    const share = i / (way.length - 1);
    return {
      x: TENSION * x + (1 - TENSION) * (start.x + share * (end.x - start.x)),
      y: TENSION * y + (1 - TENSION) * (start.y + share * (end.y - start.y)),
    };
  });
}

/** A uniform cubic B-spline that begins and ends at the first and the last point. */
function spline(points: readonly Point[]): string {
  const [first, last] = [points[0]!, points.at(-1)!];
  const all = [first, first, ...points, last, last];
  const mix = (a: Point, b: Point, c: Point, wa: number, wb: number, wc: number): string =>
    [
      (wa * a.x + wb * b.x + wc * c.x) / (wa + wb + wc),
      (wa * a.y + wb * b.y + wc * c.y) / (wa + wb + wc),
    ]
      .map((value) => value.toFixed(1))
      .join(" ");
  let path = `M${mix(first, first, first, 1, 1, 1)}`;
  for (let i = 1; i + 2 < all.length; i++) {
    const [a, b, c] = [all[i]!, all[i + 1]!, all[i + 2]!];
    path += `C${mix(a, b, b, 2, 1, 0)} ${mix(a, b, b, 1, 2, 0)} ${mix(a, b, c, 1, 4, 1)}`;
  }
  return path;
}
