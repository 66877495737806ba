// The same crawl with Crawlee: crawlee_crawl.mjs MODULES SEED CONCURRENCY PAGES FOLDER. MODULES is
// a folder with Crawlee in its node_modules; its state is kept in FOLDER, as it does by default.
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, seed, concurrency, pages, folder] = process.argv.slice(2);
const { CheerioCrawler, Configuration, log } = createRequire(join(modules, "x.js"))(
  "@crawlee/cheerio",
);
log.setLevel(log.LEVELS.WARNING);
const size = Number(concurrency);

const crawler = new CheerioCrawler(
  {
    minConcurrency: size,
    maxConcurrency: size,
    maxRequestsPerCrawl: Number(pages),
    respectRobotsTxtFile: true,
    useSessionPool: false,
    async requestHandler({ request, response, $, enqueueLinks, pushData }) {
      const { url } = request;
      const title = $("title").text();
      const { processedRequests } = await enqueueLinks();
      await pushData({ url, status: response.statusCode, title, links: processedRequests.length });
    },
  },
  new Configuration({ storageClientOptions: { localDataDirectory: folder } }),
);
await crawler.run([seed]);
