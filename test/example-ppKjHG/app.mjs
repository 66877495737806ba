import { Pool, sleep } from "greenlit";
import { fetch, serve } from "greenlit/net";

let [busy, most] = [0, 0];
const site = serve({ port: 0, host: "127.0.0.1" }, ({ path }) => {
  most = Math.max(most, ++busy);
  sleep(20);
  busy--;
  return { body: `page ${path.slice(1)}` };
});

const pool = new Pool(4);
const urls = Array.from({ length: 20 }, (_, i) => `http://127.0.0.1:${site.port}/${i}`);
const pages = pool.map((url) => fetch(url).text(), urls);
console.log(pages.length, "pages, the last:", pages.at(-1));
console.log("never more than", most, "at a time");
site.stop();
