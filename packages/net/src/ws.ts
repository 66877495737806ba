import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Loaded for the first WebSocket: it takes as long as half of this package. */
export function loadWs(): typeof import("ws") {
  return require("ws") as typeof import("ws");
}
