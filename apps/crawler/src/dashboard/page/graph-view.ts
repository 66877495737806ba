import type { Graph, GraphNode } from "../snapshot.js";
import { element, setText, svg } from "./dom.js";
import { number, percent } from "./format.js";
import { GraphLayout, HEIGHT, type Point, WIDTH } from "./graph-layout.js";

/** Characters of a name in the picture; the list has all of it. */
const LONGEST = 26;
/** Nodes whose names the picture has, as far as there is room. */
const NAMED = 20;
/** Of the names in the picture. */
const HALF_CHARACTER = 3.6;
const LINE = 15;

interface Shape {
  readonly group: SVGGElement;
  readonly circle: SVGCircleElement;
  readonly name: SVGTextElement;
  readonly item: HTMLElement;
  readonly button: HTMLButtonElement;
  readonly pages: HTMLElement;
}

/**
 * Where pages were found: a circle for each part of the site, as large as it has pages; a line for
 * those that were found on each other. The list beside it has the same, for keys and for those who
 * hear it.
 */
export class GraphView {
  private readonly lines = svg("g", { class: "edges" });
  private readonly circles = svg("g", { class: "nodes" });
  private readonly list = element("ol", { "aria-label": "Parts of the site" });
  private readonly about = element("p", { class: "muted about" });
  private readonly empty = element("p", { class: "empty muted" }, "No page has ended yet.");
  private readonly edges: SVGLineElement[] = [];
  private readonly shapes: Shape[] = [];
  private layout = new GraphLayout();
  private graph: Graph = { total: 0, nodes: [], edges: [] };
  private selected: string | null = null;

  constructor(place: HTMLElement) {
    const frame = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": "Site graph" };
    const picture = svg("svg", frame, this.lines, this.circles);
    place.append(element("div", { class: "picture" }, picture, this.empty));
    place.append(element("div", { class: "parts" }, this.about, this.list));
  }

  /** Other parts: nothing of the picture before is to be kept. */
  reset(): void {
    this.layout = new GraphLayout();
    this.selected = null;
  }

  draw(graph: Graph): void {
    this.graph = graph;
    const { nodes, edges } = graph;
    const points = this.layout.place(nodes, edges);
    const most = Math.max(1, ...nodes.map(sizeOf));
    const labels = new Labels();
    while (this.shapes.length < nodes.length) this.shapes.push(this.add(this.shapes.length));
    while (this.edges.length < edges.length) this.edges.push(this.addEdge());
    this.shapes.forEach((shape, i) => {
      const [node, point] = [nodes[i], points[i]];
      shape.group.classList.toggle("off", node === undefined);
      shape.item.hidden = node === undefined;
      if (node === undefined || point === undefined) return;
      const radius = 5 + 19 * Math.sqrt(sizeOf(node) / most);
      shape.group.setAttribute(
        "transform",
        `translate(${point.x.toFixed(1)} ${point.y.toFixed(1)})`,
      );
      shape.circle.setAttribute("r", radius.toFixed(1));
      shape.circle.setAttribute("class", toneOf(node));
      shape.name.setAttribute("y", (radius + 13).toFixed(1));
      const label = shorten(node.name);
      const hasRoom = i < NAMED && labels.claim(point, radius, label.length);
      setText(shape.name, hasRoom || node.name === this.selected ? label : "");
      setText(shape.button, node.name);
      setText(shape.pages, number(sizeOf(node)));
    });
    const strongest = Math.max(1, ...edges.map(({ pages }) => pages));
    this.edges.forEach((line, i) => {
      const edge = edges[i];
      line.classList.toggle("off", edge === undefined);
      if (edge === undefined) return;
      const [from, to] = [points[edge.from]!, points[edge.to]!];
      for (const [name, value] of Object.entries({ x1: from.x, y1: from.y, x2: to.x, y2: to.y })) {
        line.setAttribute(name, value.toFixed(1));
      }
      line.style.strokeWidth = String(1 + 4 * (Math.log1p(edge.pages) / Math.log1p(strongest)));
    });
    this.empty.hidden = nodes.length > 0;
    this.mark();
  }

  /** Shows the selected part and what it is connected with. */
  private mark(): void {
    const { nodes, edges, total } = this.graph;
    const chosen = nodes.findIndex(({ name }) => name === this.selected);
    const near = new Set<number>(chosen === -1 ? [] : [chosen]);
    this.edges.forEach((line, i) => {
      const edge = edges[i];
      const isIts = edge !== undefined && (edge.from === chosen || edge.to === chosen);
      line.classList.toggle("marked", isIts);
      if (isIts) near.add(edge.from).add(edge.to);
    });
    this.shapes.forEach(({ group, button }, i) => {
      group.classList.toggle("dim", chosen !== -1 && !near.has(i));
      button.setAttribute("aria-pressed", String(i === chosen));
    });
    const node = nodes[chosen];
    setText(
      this.about,
      node === undefined ? aboutAll(nodes.length, total) : this.aboutOne(node, chosen),
    );
  }

  private aboutOne(node: GraphNode, index: number): string {
    const { edges } = this.graph;
    const sum = (end: "from" | "to"): number =>
      edges.reduce((pages, edge) => pages + (edge[end] === index ? edge.pages : 0), 0);
    const failed = node.errors === 0 ? "" : `, ${percent(node.errors, sizeOf(node))} errors`;
    return (
      `${node.name}: ${number(sizeOf(node))} pages${failed}; ${number(sum("to"))} of them found on ` +
      `other parts shown, ${number(sum("from"))} of others found here`
    );
  }

  private add(index: number): Shape {
    const circle = svg("circle");
    const name = svg("text");
    const group = svg("g", { class: "node" }, circle, name);
    group.addEventListener("click", () => this.select(index));
    const [button, pages] = [element("button"), element("span", { class: "number" })];
    button.addEventListener("click", () => this.select(index));
    const item = element("li", {}, button, pages);
    this.circles.append(group);
    this.list.append(item);
    return { group, circle, name, item, button, pages };
  }

  private addEdge(): SVGLineElement {
    const line = svg("line");
    this.lines.append(line);
    return line;
  }

  private select(index: number): void {
    const name = this.graph.nodes[index]?.name ?? null;
    this.selected = this.selected === name ? null : name;
    this.draw(this.graph);
  }
}

/** Keeps names from being written over each other. */
class Labels {
  private readonly taken: { x: number; y: number; half: number }[] = [];

  /** @returns whether there is room below a circle of this radius, which then is taken */
  claim({ x, y }: Point, radius: number, characters: number): boolean {
    const label = { x, y: y + radius, half: characters * HALF_CHARACTER };
    const isFree = this.taken.every(
      (other) =>
        Math.abs(other.y - label.y) > LINE || Math.abs(other.x - x) > other.half + label.half,
    );
    if (isFree) this.taken.push(label);
    return isFree;
  }
}

function sizeOf({ pages, errors }: GraphNode): number {
  return pages + errors;
}

function toneOf(node: GraphNode): string {
  const share = node.errors / Math.max(1, sizeOf(node));
  return share >= 0.5 ? "bad" : share >= 0.1 ? "warning" : "good";
}

function aboutAll(shown: number, total: number): string {
  const which = shown < total ? `The ${shown} largest of ${number(total)} parts` : `${shown} parts`;
  return `${which}. Lines join parts whose pages were found on each other. Choose one.`;
}

function shorten(name: string): string {
  return name.length <= LONGEST ? name : `${name.slice(0, LONGEST - 1)}…`;
}
