// A host of static files, as there are many: `/page` is the file `page.html`.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

/** Serves a folder below a path, as `/greenlit/`; a path elsewhere has nothing. */
export async function serveFolder(
  folder: string,
  base: string,
): Promise<{ address: string; close: () => void }> {
  const server = createServer((request, response) => {
    void (async () => {
      const path = decodeURIComponent((request.url ?? "/").split("?")[0] as string);
      const below = path.startsWith(base) ? path.slice(base.length) : null;
      const names = below === null ? [] : [below, `${below}.html`, `${below}index.html`];
      for (const name of names.filter((name) => extname(name) in TYPES)) {
        const body = await readFile(join(folder, name)).catch(() => null);
        if (body === null) continue;
        response.writeHead(200, { "content-type": TYPES[extname(name)] }).end(body);
        return;
      }
      response.writeHead(404, { "content-type": "text/plain" }).end("not found\n");
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}${base}`, close: () => server.close() };
}
