// node archive.mjs <seed> <job> <size> [format]: a crawl that is kept, with an archive in files
// of that size.
import { crawl } from "@greenlit/crawler";
import { run } from "greenlit";

const [seed, job, size, format = "jsonl"] = process.argv.slice(2);
const options = { seeds: [seed], job, format, concurrency: 16, perHost: 8, retries: 0, delay: 0 };
await run(() =>
  crawl(
    { ...options, warc: true, warcSize: Number(size), itemColumns: ["url", "title"] },
    (page) => {
      page.emit({ url: page.url, title: page.title });
      page.follow();
    },
  ),
);
