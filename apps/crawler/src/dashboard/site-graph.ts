import type { Graph, GraphEdge, GraphNode } from "./snapshot.js";

/** Nodes and edges that are counted, and that are shown. */
const COUNTED_NODES = 2_000;
const COUNTED_EDGES = 10_000;
const SHOWN_NODES = 40;
const SHOWN_EDGES = 120;

interface Node {
  readonly name: string;
  pages: number;
  errors: number;
}

interface Edge {
  readonly from: Node;
  readonly to: Node;
  pages: number;
}

/**
 * Where pages were found: how many pages of one part of the web were found on another. The parts
 * are hosts, or whatever `partOf` makes of a URL. Memory is bounded: parts that come late, when
 * there are very many, are counted in the total only.
 */
export class SiteGraph {
  private readonly partOf: (url: string) => string;
  private readonly nodes = new Map<string, Node>();
  private readonly edges = new Map<string, Edge>();

  constructor(partOf: (url: string) => string) {
    this.partOf = partOf;
  }

  /** Counts a page. @param referrer where it was found; null for a seed */
  add(url: string, referrer: string | null, isError: boolean): void {
    const to = this.node(this.partOf(url));
    if (to === null) return;
    if (isError) to.errors++;
    else to.pages++;
    const from = referrer === null ? null : this.node(this.partOf(referrer));
    if (from === null || from === to) return;
    const key = `${from.name}\n${to.name}`;
    const edge = this.edges.get(key);
    if (edge !== undefined) edge.pages++;
    else if (this.edges.size < COUNTED_EDGES) this.edges.set(key, { from, to, pages: 1 });
  }

  /** The largest parts, and the strongest of their edges. */
  get graph(): Graph {
    const size = ({ pages, errors }: GraphNode): number => pages + errors;
    const shown = [...this.nodes.values()].sort((a, b) => size(b) - size(a)).slice(0, SHOWN_NODES);
    const index = new Map(shown.map(({ name }, i) => [name, i]));
    const edges: GraphEdge[] = [];
    for (const { from, to, pages } of this.edges.values()) {
      const [a, b] = [index.get(from.name), index.get(to.name)];
      if (a !== undefined && b !== undefined) edges.push({ from: a, to: b, pages });
    }
    edges.sort((a, b) => b.pages - a.pages);
    return { total: this.nodes.size, nodes: shown, edges: edges.slice(0, SHOWN_EDGES) };
  }

  private node(name: string): Node | null {
    let node = this.nodes.get(name);
    if (node === undefined) {
      if (this.nodes.size >= COUNTED_NODES) return null;
      this.nodes.set(name, (node = { name, pages: 0, errors: 0 }));
    }
    return node;
  }
}
