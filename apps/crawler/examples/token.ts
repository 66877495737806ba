import { crawl } from "@greenlit/crawler";

const [seed = "", token = ""] = process.argv.slice(2);

crawl({
  seeds: [seed],
  onRequest(request) {
    if (request.url.origin !== new URL(seed).origin) return; // links and redirects lead elsewhere
    request.headers["authorization"] = `Bearer ${token}`;
  },
  onError(_error, { url, message, referrer }) {
    console.log(`${url}: ${message}; linked on ${referrer}`);
  },
});
