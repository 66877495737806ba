import { byId, setText } from "../../dashboard/page/dom.js";
import { number } from "../../dashboard/page/format.js";
import { readData } from "./data.js";
import { showFindings } from "./findings.js";
import { showGraph } from "./graph.js";
import { showOverview } from "./overview.js";
import { PageTable } from "./page-table.js";
import { startTheme } from "./theme.js";

async function show(): Promise<void> {
  startTheme();
  const data = await readData();
  const { seeds, made, version, partial, figures } = data;
  const when = new Date(made).toLocaleString("en", { dateStyle: "long", timeStyle: "short" });
  setText(byId("about"), `${number(figures.urls)} URLs from ${seeds.join(", ")}, ${when}`);
  setText(byId("made"), `Made by greenlit-crawl ${version}, ${made}`);
  if (partial !== null) {
    byId("partial").hidden = false;
    setText(byId("partial"), `Not the whole site: ${partial}.`);
  }
  showOverview(data);
  showFindings(data);
  const table = new PageTable(data);
  showGraph(data, (name) => table.searchFor(name));
  document.documentElement.dataset["ready"] = "";
}

void show();
