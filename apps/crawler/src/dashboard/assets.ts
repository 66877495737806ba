import { readdirSync, readFileSync } from "node:fs";

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

const FOLDER = new URL("../../", import.meta.url);
/** Files as they were written, and the folder of those that were compiled. */
const WRITTEN = {
  "/": ["src/dashboard/page/index.html", "text/html; charset=utf-8"],
  "/theme.css": ["src/web/theme.css", "text/css; charset=utf-8"],
  "/page.css": ["src/dashboard/page/page.css", "text/css; charset=utf-8"],
  "/icon.svg": ["src/dashboard/page/icon.svg", "image/svg+xml"],
} as const;
const COMPILED = "dist/dashboard/";

/** All files of the page by their paths. Nothing else can be asked for. */
export function loadAssets(): Map<string, Asset> {
  const assets = new Map<string, Asset>();
  for (const [path, [file, type]] of Object.entries(WRITTEN)) {
    assets.set(path, { type, body: readFileSync(new URL(file, FOLDER)) });
  }
  const names = readdirSync(new URL(`${COMPILED}page/`, FOLDER)).map((name) => `page/${name}`);
  for (const name of ["query.js", ...names.filter((name) => name.endsWith(".js"))]) {
    const body = readFileSync(new URL(COMPILED + name, FOLDER));
    assets.set(`/${name}`, { type: "text/javascript; charset=utf-8", body });
  }
  return assets;
}
