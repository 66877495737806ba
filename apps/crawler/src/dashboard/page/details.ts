import { type Fields, type Query, select } from "../query.js";
import type {
  FailureRow,
  Graph,
  GreenletRow,
  HostRow,
  Panels,
  Selection,
  SkipRow,
} from "../snapshot.js";
import { FAILURES, GREENLETS, HOSTS, SKIPS } from "./columns.js";
import type { Connection } from "./connection.js";
import { byId, setText } from "./dom.js";
import { number } from "./format.js";
import { GraphView } from "./graph-view.js";
import { StackDialog } from "./stack-dialog.js";
import { Table } from "./table.js";

export const NAMES = ["greenlets", "hosts", "failures", "skips", "graph"] as const;
type Name = (typeof NAMES)[number];

/** Rows that are shown at most; the filter finds the others. */
const LIMIT = 100;

/** Whatever the columns are: as the server does it, for rows that are here. */
const FIELDS: Fields<object> = {
  text: (row) => Object.values(row).join("\n"),
  value: (row, sort) => (row as Record<string, number | string | null>)[sort] ?? null,
};

/** The tables and the graph, one at a time. What is not looked at is not asked for. */
export class Details {
  private readonly connection: Connection;
  private readonly filter = byId("filter", HTMLInputElement);
  private readonly tables: {
    readonly greenlets: Table<GreenletRow>;
    readonly hosts: Table<HostRow>;
    readonly failures: Table<FailureRow>;
    readonly skips: Table<SkipRow>;
  };
  private readonly graph = new GraphView(byId("panel-graph"));
  private name: Name = "greenlets";
  private parts: "hosts" | "sections" = "hosts";
  private isAsking = false;
  /** What there was when the crawl ended; null before. */
  private last: Panels | null = null;

  constructor(connection: Connection) {
    this.connection = connection;
    const again = (): void => this.refresh();
    const dialog = new StackDialog(connection);
    this.tables = {
      greenlets: new Table(
        byId("panel-greenlets"),
        GREENLETS,
        {
          label: "Pages in flight, and where their greenlets are blocked",
          empty: "No page is in flight.",
          order: { sort: "age", descending: true },
        },
        again,
        (row) => dialog.show(row),
      ),
      hosts: new Table(
        byId("panel-hosts"),
        HOSTS,
        {
          label: "Hosts, and why each is not asked faster",
          empty: "No host is known yet.",
          order: { sort: "queued", descending: true },
        },
        again,
      ),
      failures: new Table(
        byId("panel-failures"),
        FAILURES,
        {
          label: "URLs that failed or answered with an error",
          empty: "Nothing has failed.",
          order: { sort: "at", descending: true },
        },
        again,
      ),
      skips: new Table(
        byId("panel-skips"),
        SKIPS,
        {
          label: "Why links were not followed",
          empty: "Every link was followed.",
          order: { sort: "count", descending: true },
        },
        again,
      ),
    };
    this.filter.addEventListener("input", again);
    for (const name of NAMES) byId(`tab-${name}`).addEventListener("click", () => this.open(name));
    byId("tab-greenlets").parentElement!.addEventListener("keydown", (event) => this.onKey(event));
    byId("parts").addEventListener("change", ({ target }) => {
      this.parts = (target as HTMLInputElement).value as "hosts" | "sections";
      this.graph.reset();
      this.refresh();
    });
    this.open(this.name);
  }

  open(name: Name): void {
    this.name = name;
    for (const other of NAMES) {
      const tab = byId(`tab-${other}`);
      tab.setAttribute("aria-selected", String(other === name));
      tab.tabIndex = other === name ? 0 : -1;
      byId(`panel-${other}`).hidden = other !== name;
    }
    this.filter.hidden = name === "graph" || name === "skips";
    byId("parts").hidden = name !== "graph";
    setText(byId("shown"), "\u00A0");
    this.refresh();
  }

  /** Puts the cursor where rows are looked for. */
  focusFilter(): void {
    if (this.filter.hidden) this.open("greenlets");
    this.filter.focus();
    this.filter.select();
  }

  /** From now on these are what there is. */
  end(panels: Panels): void {
    this.last = panels;
    this.refresh();
  }

  /** Asks for what is looked at, unless an answer is still to come. */
  refresh(): void {
    if (this.last !== null) return this.show(this.name, this.last[this.name]);
    if (this.isAsking) return;
    this.isAsking = true;
    const { name } = this;
    const query = this.query();
    this.connection
      .panel(name, query)
      .then((panel) => {
        if (name === this.name) this.show(name, panel);
      })
      .catch(() => {}) // the stream notices that the server is gone, and says so
      .finally(() => {
        this.isAsking = false;
        const now = this.query();
        const isOther = name !== this.name || JSON.stringify(now) !== JSON.stringify(query);
        if (isOther) this.refresh();
      });
  }

  private query(): Query {
    const order =
      this.name === "graph" ? { sort: "", descending: true } : this.tables[this.name].order;
    return { filter: this.filter.value.trim(), ...order, limit: LIMIT };
  }

  private show(name: Name, panel: Panels[Name]): void {
    if (name === "graph") return this.showGraph((panel as Panels["graph"])[this.parts]);
    let selection = panel as Selection<object>;
    if (this.last !== null && name !== "skips") {
      selection = { ...select(selection.rows, this.query(), FIELDS), total: selection.total };
    }
    const table = this.tables[name] as unknown as Table<object>;
    table.draw(selection);
    setText(byId("shown"), name === "skips" ? skipsSaid(selection) : rowsSaid(selection));
  }

  private showGraph(graph: Graph): void {
    this.graph.draw(graph);
    setText(byId("shown"), `${number(graph.nodes.length)} of ${number(graph.total)}`);
  }

  private onKey(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = NAMES.indexOf(this.name) + step;
    const last = NAMES.length - 1;
    const to = Number.isFinite(at) ? (at + NAMES.length) % NAMES.length : at < 0 ? 0 : last;
    this.open(NAMES[to]!);
    byId(`tab-${NAMES[to]}`).focus();
  }
}

function rowsSaid({ rows, matching, total }: Selection<object>): string {
  if (matching === total) {
    return rows.length === total ? number(total) : `${number(rows.length)} of ${number(total)}`;
  }
  return `${number(rows.length)} of ${number(matching)} found in ${number(total)}`;
}

function skipsSaid({ total }: Selection<object>): string {
  return `${number(total)} links`;
}
