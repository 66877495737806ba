import type { Command } from "commander";
import { Extractor, type ExtractorOptions } from "../extract/extractor.js";
import type { CrawledPage } from "../page.js";
import type { Mode } from "./mode.js";

/** Finds on each page what is asked for, and writes it as items. */
export const extractMode: Mode = {
  name: "extract",
  summary: "write what is found on pages: selected elements, JSON-LD, microdata, Open Graph",

  declare(command: Command) {
    command
      .option(
        "--select <field...>",
        "name=css, name=css@attribute, name[]=css, name:number=css ...",
      )
      .option("--each <css>", "each of these elements is an item, and selectors look in it")
      .option("--json-ld", "the page's JSON-LD")
      .option("--microdata", "the page's microdata")
      .option("--open-graph", "the page's Open Graph properties");
  },

  prepare(flags, options) {
    const extractor = new Extractor(flags as ExtractorOptions);
    const handler = (page: CrawledPage): void => {
      for (const item of extractor.items(page)) page.emit(item);
      page.follow();
    };
    return {
      options: { ...options, itemColumns: extractor.columns },
      handler,
      conclude(say) {
        const { count, first } = extractor.broken;
        if (count > 0) say(`JSON-LD that is no JSON: ${count}; the first is on ${first}`);
      },
    };
  },
};
