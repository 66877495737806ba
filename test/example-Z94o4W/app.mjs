import { sleep, withTimeout } from "greenlit";
import { fetch, serve } from "greenlit/net";

const site = serve({ port: 0, host: "127.0.0.1" }, ({ path }) => {
  if (path === "/slow") sleep(60_000);
  return { status: path === "/gone" ? 404 : 200, body: "hello" };
});

function visit(url, ms) {
  try {
    const { status } = withTimeout(ms, () => fetch(url));
    return status === 200 ? "fine" : `status ${status}`;
  } catch (error) {
    return error.code; // never changes; the message may
  }
}

const home = `http://127.0.0.1:${site.port}`;
console.log(visit(`${home}/`, 30_000));
console.log(visit(`${home}/gone`, 30_000));
console.log(visit(`${home}/slow`, 100));
site.stop({ timeout: 0 });
