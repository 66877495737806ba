import type { GraphEdge, GraphNode } from "../snapshot.js";

export interface Point {
  x: number;
  y: number;
}

/** The space that is laid out in. */
export const WIDTH = 900;
export const HEIGHT = 460;
const MARGIN = 40;
/** Steps for a node that is new, and when all were there before. */
const STEPS = 300;
const FURTHER_STEPS = 30;

/**
 * Puts nodes where those with edges between them are near each other (Fruchterman and Reingold).
 * Nodes that were there before begin where they were, so the picture changes little.
 */
export class GraphLayout {
  private places = new Map<string, Point>();

  place(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): readonly Point[] {
    let isNew = false;
    const points = nodes.map(({ name }, i) => {
      const before = this.places.get(name);
      if (before !== undefined) return before;
      isNew = true;
      return sunflower(i, nodes.length);
    });
    this.places = new Map(nodes.map(({ name }, i) => [name, points[i]!]));
    const steps = isNew ? STEPS : FURTHER_STEPS;
    for (let step = 0; step < steps; step++) {
      const heat = (isNew ? 60 : 4) * (1 - step / steps);
      move(points, edges, heat);
    }
    return points;
  }
}

function move(points: readonly Point[], edges: readonly GraphEdge[], heat: number): void {
  const ideal = 0.75 * Math.sqrt((WIDTH * HEIGHT) / Math.max(1, points.length));
  const forces = points.map(({ x, y }) => ({
    // To the middle, so that what has no edges does not drift away; wider than high.
    x: (WIDTH / 2 - x) * 0.16,
    y: (HEIGHT / 2 - y) * 0.5,
  }));
  const push = (a: number, b: number, strength: (distance: number) => number): void => {
    const [dx, dy] = [points[a]!.x - points[b]!.x, points[a]!.y - points[b]!.y];
    const distance = Math.max(1, Math.hypot(dx, dy));
    const force = strength(distance) / distance;
    forces[a]!.x += dx * force;
    forces[a]!.y += dy * force;
    forces[b]!.x -= dx * force;
    forces[b]!.y -= dy * force;
  };
  for (let a = 1; a < points.length; a++) {
    for (let b = 0; b < a; b++) push(a, b, (distance) => (ideal * ideal) / distance / 4);
  }
  for (const { from, to } of edges)
    push(from, to, (distance) => (-distance * distance) / ideal / 12);
  points.forEach((point, i) => {
    const { x, y } = forces[i]!;
    const length = Math.max(1, Math.hypot(x, y));
    const step = Math.min(length, heat) / length;
    point.x = Math.min(WIDTH - MARGIN, Math.max(MARGIN, point.x + x * step));
    point.y = Math.min(HEIGHT - MARGIN, Math.max(MARGIN, point.y + y * step));
  });
}

/** Evenly over an ellipse, the first ones in the middle. */
function sunflower(i: number, count: number): Point {
  const angle = i * Math.PI * (3 - Math.sqrt(5));
  const radius = Math.sqrt((i + 0.5) / Math.max(1, count));
  return {
    x: WIDTH / 2 + (WIDTH / 2 - MARGIN) * radius * Math.cos(angle),
    y: HEIGHT / 2 + (HEIGHT / 2 - MARGIN) * radius * Math.sin(angle),
  };
}
