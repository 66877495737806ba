import { crawl } from "@greenlit/crawler";

const summary = crawl({ seeds: process.argv.slice(2), job: "headings" }, (page) => {
  page.emit({ url: page.url, heading: page.$("h1").first().text() });
  page.follow(...page.links.filter(({ href }) => !href.includes("/login")));
});
console.log(`${summary.pages} pages, see headings/items.jsonl`);
