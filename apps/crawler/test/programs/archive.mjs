// node archive.mjs <seed> <job> <size> [format] [chance]: a crawl that is kept, with an archive in
// files of that size. With such a chance each commit to the store does not take place, since the
// process is killed when the outputs have been written.
import { crawl, LmdbStore } from "@greenlit/crawler";
import { run } from "greenlit";

const [seed, job, size, format = "jsonl", chance = 0] = process.argv.slice(2);
const { commit } = LmdbStore.prototype;
LmdbStore.prototype.commit = function (changes) {
  if (changes.pages > 0 && Math.random() < Number(chance)) process.kill(process.pid, "SIGKILL");
  return commit.call(this, changes);
};
const options = { seeds: [seed], job, format, concurrency: 16, perHost: 8, retries: 0, delay: 0 };
const outputs = { warc: true, warcSize: Number(size), itemColumns: ["url", "title"] };
await run(() =>
  crawl({ ...options, ...outputs }, (page) => {
    page.emit({ url: page.url, title: page.title });
    page.follow();
  }),
);
