// Handlers of an HTTP server that block: each request in a greenlet of its own by run(), some of
// them killed or timed out halfway, with clients that hang up; and a handler that forgot run() is
// told so without harm to the others.
import { getHub, Queue, run, Semaphore, sleep, wait, withTimeout } from "@greenlit/core";
import { AsyncLocalStorage } from "node:async_hooks";
import { createServer, get } from "node:http";
import { check, pass, same, scaled } from "@greenlit/testing/program";

const storage = new AsyncLocalStorage();
const permits = new Semaphore(3);
const log = new Queue();
let atOnce = 0;

const server = createServer((request, response) => {
  if (request.url === "/forgot") {
    try {
      sleep(1);
    } catch (error) {
      response.statusCode = 500;
      response.end(error.code);
    }
    return;
  }
  storage.run(request.url, () =>
    run(() => {
      permits.acquire();
      try {
        atOnce++;
        check(atOnce <= 3, "no more at work than permits");
        if (request.url.startsWith("/slow")) {
          response.end(
            withTimeout(
              5,
              () => {
                sleep(10_000);
                return "never";
              },
              `timed out ${storage.getStore()}`,
            ),
          );
        } else {
          sleep(Number(request.url.slice(1)) % 4);
          wait(Promise.resolve());
          response.end(storage.getStore());
        }
        atOnce--;
      } finally {
        permits.release();
      }
      log.put(storage.getStore());
    }),
  );
}).listen(0, "127.0.0.1");

await new Promise((resolve) => server.once("listening", resolve));
const base = `http://127.0.0.1:${server.address().port}`;

/** A request in blocking style, by a callback made a promise. */
function fetchText(path) {
  return wait(
    new Promise((resolve, reject) => {
      get(base + path, { agent: false }, (response) => {
        let text = "";
        response
          .on("data", (data) => (text += data))
          .on("end", () => resolve(text))
          .on("error", reject);
      }).on("error", reject);
    }),
  );
}

const COUNT = scaled(200);
await run(() => {
  const clients = Array.from({ length: COUNT }, (_, i) =>
    run(() => {
      if (i % 20 === 7)
        return same(fetchText("/forgot"), "ERR_GREENLIT_BLOCKING_SWITCH_OUT", "told");
      if (i % 20 === 13) return same(fetchText(`/slow${i}`), `timed out /slow${i}`, "timed out");
      same(fetchText(`/${i}`), `/${i}`, "its own answer");
    }),
  );
  for (const client of clients) wait(client);
  const hangUp = new Promise((resolve) => {
    const request = get(`${base}/slow`, { agent: false }).on("error", resolve);
    setTimeout(() => request.destroy(), 2);
  });
  wait(hangUp);
  let answered = 0;
  while (!log.empty) {
    log.get();
    answered++;
  }
  check(answered >= COUNT * 0.9, `answered ${answered}`);
});
await new Promise((resolve) => server.close(resolve));
// The one whose client hung up may still be at work.
while (getHub().greenlets().length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
same([permits.free, atOnce], [3, 0], "permits");
pass(COUNT);
