import { byId, element, setText, svg } from "../../dashboard/page/dom.js";
import { number } from "../../dashboard/page/format.js";
import type { GraphNode, ReportData, SiteGraph } from "../report-data.js";
import { Bundle } from "./bundle.js";
import { ZoomedPicture } from "./zoomed-picture.js";

const RADIUS = 285;
/** Half of the picture's side: the circle, and names around it. */
const HALF = 450;
/** Characters of a name in the picture; the list has all of it. */
const LONGEST = 24;

/**
 * Folders and pages around a circle, and links between them. The list beside it is for keys.
 *
 * @param onSearch shows the pages of a part
 */
export function showGraph({ graph }: ReportData, onSearch: (name: string) => void): void {
  byId("graph-view").append(...new GraphView(graph, onSearch).parts);
}

class GraphView {
  readonly parts: readonly HTMLElement[];
  private readonly graph: SiteGraph;
  private readonly lines: { readonly path: SVGPathElement; from: number; to: number }[] = [];
  private readonly nodes: SVGGElement[] = [];
  private readonly buttons: HTMLButtonElement[] = [];
  private readonly about = element("p", { class: "muted about", role: "status" });
  private readonly search: HTMLButtonElement;
  private readonly isOneHost: boolean;
  private pinned = -1;

  constructor(graph: SiteGraph, onSearch: (name: string) => void) {
    this.graph = graph;
    this.isOneHost = new Set(graph.nodes.map(({ name }) => name.split("/", 1)[0])).size === 1;
    this.search = element("button", { type: "button" }, "Show its pages");
    this.search.addEventListener("click", () => onSearch(graph.nodes[this.pinned]?.name ?? ""));
    this.parts = this.build();
    this.mark(-1);
  }

  private build(): HTMLElement[] {
    const { nodes, edges } = this.graph;
    const bundle = new Bundle(this.graph, RADIUS);
    const lines = svg("g", { class: "edges" });
    const strongest = Math.max(1, ...edges.map(([, , links]) => links));
    // The weakest first: the others are drawn over them.
    for (const [from, to, links] of edges.toReversed()) {
      const path = svg("path", { d: bundle.line(from, to) });
      path.style.strokeWidth = String(0.6 + 2.4 * (Math.log1p(links) / Math.log1p(strongest)));
      this.lines.push({ path, from, to });
      lines.append(path);
    }
    const most = Math.max(1, ...nodes.map(({ pages }) => pages));
    const circles = svg("g", { class: "nodes" });
    const list = element("ol", { "aria-label": "Parts of the site" });
    for (const [i, node] of nodes.entries()) {
      circles.append(this.circle(node, i, bundle.places[i]!.angle, most));
      list.append(this.item(node, i));
    }
    const label = `Site graph: ${nodes.length} parts, ${edges.length} lines between them`;
    const picture = svg("svg", { role: "img", "aria-label": label }, lines, circles);
    const zoomed = new ZoomedPicture(picture, HALF);
    const side = element("div", { class: "parts" }, this.about, this.search, list);
    return [zoomed.frame, side];
  }

  private circle(node: GraphNode, i: number, angle: number, most: number): SVGGElement {
    const radius = 3 + 9 * Math.sqrt(node.pages / most);
    const degrees = (angle * 180) / Math.PI;
    const isLeft = Math.cos(angle) < 0;
    const dot = svg("circle", { cx: RADIUS, r: radius.toFixed(1), class: toneOf(node) });
    const name = svg("text", {
      x: isLeft ? -(RADIUS + radius + 5) : RADIUS + radius + 5,
      dy: "0.35em",
      "text-anchor": isLeft ? "end" : "start",
      ...(isLeft ? { transform: "rotate(180)" } : {}),
    });
    setText(name, shorten(this.nameOf(node)));
    const group = svg(
      "g",
      { transform: `rotate(${degrees.toFixed(2)})`, class: "node" },
      dot,
      name,
    );
    group.addEventListener("pointerenter", () => this.mark(i));
    group.addEventListener("pointerleave", () => this.mark(this.pinned));
    group.addEventListener("click", () => this.pin(i));
    this.nodes.push(group);
    return group;
  }

  private item(node: GraphNode, i: number): HTMLElement {
    const button = element(
      "button",
      { type: "button", "aria-pressed": "false" },
      this.nameOf(node),
    );
    button.addEventListener("click", () => this.pin(i));
    button.addEventListener("focus", () => this.mark(i));
    button.addEventListener("blur", () => this.mark(this.pinned));
    this.buttons.push(button);
    return element("li", {}, button, element("span", { class: "number" }, number(node.pages)));
  }

  private pin(i: number): void {
    this.pinned = this.pinned === i ? -1 : i;
    for (const [k, button] of this.buttons.entries())
      button.setAttribute("aria-pressed", String(k === this.pinned));
    this.buttons[i]!.scrollIntoView({ block: "nearest" });
    this.mark(this.pinned);
  }

  /** Shows one part, what it links to and what links to it; -1: all of them. */
  private mark(chosen: number): void {
    const near = new Set([chosen]);
    for (const { path, from, to } of this.lines) {
      path.setAttribute(
        "class",
        from === chosen ? "out" : to === chosen ? "in" : chosen < 0 ? "" : "dim",
      );
      if (from === chosen || to === chosen) near.add(from).add(to);
    }
    for (const [i, node] of this.nodes.entries()) {
      node.classList.toggle("dim", chosen >= 0 && !near.has(i));
      node.classList.toggle("chosen", i === chosen);
    }
    setText(this.about, chosen < 0 ? this.aboutAll() : this.aboutOne(chosen));
    this.search.disabled = this.pinned < 0;
  }

  /** Without the host, where there is only one. */
  private nameOf({ name }: Pick<GraphNode, "name">): string {
    return this.isOneHost ? name.slice(name.indexOf("/")) : name;
  }

  private aboutAll(): string {
    const { nodes, edges } = this.graph;
    return nodes.length === 0
      ? "No page has ended."
      : `${number(nodes.length)} folders and pages, ${number(edges.length)} lines. Choose one.`;
  }

  private aboutOne(chosen: number): string {
    const { name, pages, broken } = this.graph.nodes[chosen]!;
    const sum = (end: 0 | 1): string =>
      number(this.graph.edges.reduce((all, edge) => all + (edge[end] === chosen ? edge[2] : 0), 0));
    const of = pages === 1 ? "1 URL" : `${number(pages)} URLs`;
    return `${this.nameOf({ name })}: ${of}, ${number(broken)} broken. ${sum(0)} links lead away (green), ${sum(1)} come here (blue).`;
  }
}

function toneOf({ pages, broken }: GraphNode): string {
  const share = broken / Math.max(1, pages);
  return share >= 0.5 ? "bad" : share > 0.05 ? "warning" : "good";
}

/** The end of a name says most: `…/docs/api/`. */
function shorten(text: string): string {
  return text.length <= LONGEST ? text : `…${text.slice(1 - LONGEST)}`;
}
