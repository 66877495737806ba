import { createRequire } from "node:module";

type Net = typeof import("@greenlit/net");

let loaded: Net | null = null;

/**
 * @greenlit/net, loaded for the first call that needs it: with its HTTP client it takes longer than
 *   all else, and few programs call it.
 */
export function net(): Net {
  loaded ??= createRequire(import.meta.url)("@greenlit/net") as Net;
  return loaded;
}
