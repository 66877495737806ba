// The demo site's own process: `node main.js [pages per host] [latency factor] [port]`. It tells
// its parent over the IPC channel when it is ready, and ends with it: the channel closes even when
// the parent is killed.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DemoSite } from "./server.js";

/** What the parent is told. */
export interface DemoReady {
  readonly port: number;
  readonly seed: string;
  /** Answers GET with the log of requests as JSON. */
  readonly control: string;
}

const [pagesPerHost = "100", latency = "1", port] = process.argv.slice(2);
const site = await DemoSite.start({
  pagesPerHost: Number(pagesPerHost),
  latency: Number(latency),
  port: port === undefined ? undefined : Number(port),
});

const control = createServer((_request, response) => {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(site.log.report()));
});
control.listen(0, "127.0.0.1", () => {
  const { port } = control.address() as AddressInfo;
  const ready: DemoReady = {
    port: site.plan.port,
    seed: site.plan.seed,
    control: `http://127.0.0.1:${port}/`,
  };
  process.send?.(ready);
});

// Ctrl-C reaches the whole process group: the site must outlive the crawler, which still has pages
// in flight.
process.on("SIGINT", () => {});
process.once("disconnect", () => process.exit(0));
