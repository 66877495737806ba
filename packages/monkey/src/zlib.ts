import { createRequire } from "node:module";
import type { Ledger } from "@greenlit/core/ledger";
import { lengthOf, pooled, type PoolForm } from "./pooled.js";
import { type AnyFunction, shim } from "./shim.js";

/**
 * The least input, in bytes, that is worth leaving the thread for, which costs 0.1 ms: as long
 * takes packing 16 KB. What unpacks may give much more than it takes: at most thousand times as
 * much. Brotli, as it is by default, packs 250 bytes in that time.
 */
const LEAST: Readonly<Record<string, number>> = {
  deflateSync: 16384,
  deflateRawSync: 16384,
  gzipSync: 16384,
  zstdCompressSync: 16384,
  brotliCompressSync: 256,
  gunzipSync: 4096,
  inflateSync: 4096,
  inflateRawSync: 4096,
  unzipSync: 4096,
  zstdDecompressSync: 4096,
  brotliDecompressSync: 4096,
};

type Zlib = Record<string, AnyFunction | undefined>;
/** What is looked at here of the options of a call. */
type Options = { readonly info?: unknown; readonly flush?: unknown };

/** Every `zlib.*Sync` of a buffer that this Node has. */
export function patchZlib(ledger: Ledger): void {
  const zlib = createRequire(import.meta.url)("node:zlib") as Zlib;
  for (const [name, least] of Object.entries(LEAST)) {
    const nodes = zlib[name];
    const callback = zlib[name.slice(0, -"Sync".length)];
    // Zstd came with Node 22.
    if (nodes === undefined || callback === undefined) continue;
    const green = pooled(`zlib.${name}`, nodes, formOf(callback, least));
    ledger.put("patch", "zlib", name, zlib, shim(nodes, green));
  }
}

function formOf(callback: AnyFunction, least: number): PoolForm {
  return {
    failsAtOnce: false,
    start: ([data, options], done) =>
      Reflect.apply(callback, undefined, [data, knowing(data, options), done]),
    // With `info` the engine is part of the result, and an asynchronous one is in another state.
    // The asynchronous form heeds `flush`, which means nothing to the other.
    stays: ([data, options]) => {
      const { info, flush } = (options ?? {}) as Options;
      return (
        lengthOf(data) < least ||
        typeof options === "function" ||
        info !== undefined ||
        flush !== undefined
      );
    },
  };
}

/**
 * Zstd writes the size of the data first if it knows it, and packs otherwise without. The blocking
 * form always knows it, the asynchronous one of Nodes 22 and 24 only if it is told. The others do
 * not look at this option.
 */
function knowing(data: unknown, options: unknown): unknown {
  const { pledgedSrcSize = Buffer.byteLength(data as string) } = (options ?? {}) as {
    pledgedSrcSize?: unknown;
  };
  return { ...(options as object | undefined), pledgedSrcSize };
}
