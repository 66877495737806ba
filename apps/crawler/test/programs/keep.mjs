// node keep.mjs <seed> <job> [<store>]: a crawl that is kept, with an item for each page.
import { crawl } from "@greenlit/crawler";
import { run } from "greenlit";

const [seed, job, store] = process.argv.slice(2);
const options = { seeds: [seed], job, store, concurrency: 16, perHost: 8, retries: 0, delay: 0 };
const summary = await run(() =>
  crawl(options, (page) => {
    page.emit({ url: page.url, title: page.title });
    page.follow();
  }),
);
console.log(JSON.stringify(summary));
