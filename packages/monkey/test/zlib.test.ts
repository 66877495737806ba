import zlib from "node:zlib";
import { noSwitch } from "@greenlit/core";
import { green } from "@greenlit/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { patchAll, unpatchAll } from "../src/index.js";
import { itIsAsNodes, type Row } from "./as-nodes.js";

type Zlib = typeof zlib;

/** Not easily packed, and the same every time. */
function bytes(length: number): Buffer {
  let seed = 1;
  const next = (): number => (seed = (seed * 48_271) % 2_147_483_647) & 63;
  return Buffer.from(Array.from({ length }, next));
}

const SMALL = bytes(100);
const LARGE = bytes(100_000);
const view = (data: Buffer): ArrayBuffer => new Uint8Array(data).buffer;
const PAIRS = [
  ["gzipSync", "gunzipSync"],
  ["gzipSync", "unzipSync"],
  ["deflateSync", "inflateSync"],
  ["deflateRawSync", "inflateRawSync"],
  ["brotliCompressSync", "brotliDecompressSync"],
  ...("zstdCompressSync" in zlib ? [["zstdCompressSync", "zstdDecompressSync"]] : []),
] as ["gzipSync", "gunzipSync"][];
const { deflateSync, constants } = zlib;

const ROWS: Row<Zlib>[] = PAIRS.flatMap(([pack, unpack]): Row<Zlib>[] => {
  const packed = zlib[pack](LARGE);
  const damaged = Buffer.from(packed);
  damaged.fill(170, 20_000, 20_100);
  return [
    [`${pack} of little`, (z) => z[pack](SMALL)],
    [`${pack} of nothing`, (z) => z[pack]("")],
    [`${pack} of much`, (z) => z[pack](LARGE)],
    [`${pack} of a string`, (z) => z[pack](LARGE.toString("latin1"))],
    [`${pack} of an ArrayBuffer`, (z) => z[pack](view(LARGE))],
    [`${pack} of a DataView`, (z) => z[pack](new DataView(view(LARGE), 3))],
    [`${pack} of numbers`, (z) => z[pack](new Uint16Array(view(LARGE)) as never)],
    [`${pack} of zeros`, (z) => z[pack](Buffer.alloc(1_000_000))],
    [`${pack} in small pieces`, (z) => z[pack](LARGE, { chunkSize: 64 })],
    [`${pack} into too much`, (z) => z[pack](LARGE, { maxOutputLength: 1000 })],
    [`${pack} with info`, (z) => Object.keys(z[pack](LARGE, { info: true }))],
    [`${pack} of null`, (z) => z[pack](null as never)],
    [`${pack} of an array`, (z) => z[pack](Array.from(LARGE) as never)],
    [`${pack} with wrong options`, (z) => z[pack](LARGE, { chunkSize: 1 })],
    [`${pack} with options that are no object`, (z) => z[pack](LARGE, 7 as never)],
    [`${pack} with options that are null`, (z) => z[pack](LARGE, null as never)],
    [`${pack} with options that are a function`, (z) => z[pack](LARGE, (() => {}) as never)],
    [`${unpack} of much`, (z) => z[unpack](packed)],
    [`${unpack} in small pieces`, (z) => z[unpack](packed, { chunkSize: 64 })],
    [`${unpack} into too much`, (z) => z[unpack](packed, { maxOutputLength: 1000 })],
    [`${unpack} of what is cut off`, (z) => z[unpack](packed.subarray(0, 50_000))],
    [`${unpack} of what is damaged`, (z) => z[unpack](damaged)],
    [`${unpack} of something else`, (z) => z[unpack](LARGE)],
    [`${unpack} of two`, (z) => z[unpack](Buffer.concat([packed, packed]))],
    [`${unpack} with junk behind`, (z) => z[unpack](Buffer.concat([packed, SMALL]))],
    [`${unpack} with zeros behind`, (z) => z[unpack](Buffer.concat([packed, Buffer.alloc(50)]))],
    [`${unpack} of nothing`, (z) => z[unpack](Buffer.alloc(0))],
  ];
});

const Z = constants;
ROWS.push(
  ["gzipSync with a level", (z) => z.gzipSync(LARGE, { level: 1, memLevel: 9, strategy: 2 })],
  ["gzipSync with a wrong level", (z) => z.gzipSync(LARGE, { level: 99 })],
  ["deflateSync with flush", (z) => z.deflateSync(LARGE, { flush: Z.Z_FULL_FLUSH })],
  ["deflateSync without an end", (z) => z.deflateSync(LARGE, { finishFlush: Z.Z_SYNC_FLUSH })],
  [
    "inflateSync of what has no end",
    (z) =>
      z.inflateSync(deflateSync(LARGE).subarray(0, 50_000), { finishFlush: Z.Z_SYNC_FLUSH }).length,
  ],
  ["a dictionary", (z) => z.inflateSync(z.deflateSync(LARGE, { dictionary: SMALL }))],
  [
    "a dictionary twice",
    (z) => z.inflateSync(z.deflateSync(LARGE, { dictionary: SMALL }), { dictionary: SMALL }),
  ],
  [
    "brotli with parameters",
    (z) => z.brotliCompressSync(LARGE, { params: { [Z.BROTLI_PARAM_QUALITY]: 3 } }),
  ],
  [
    "brotli with wrong parameters",
    (z) => z.brotliCompressSync(LARGE, { params: { [Z.BROTLI_PARAM_QUALITY]: 99 } }),
  ],
);

describe("in a greenlet, as in Node", () => {
  itIsAsNodes("zlib", zlib, ROWS);
});

describe("zlib", () => {
  beforeEach(patchAll);
  afterEach(unpatchAll);

  it.each(PAIRS)(
    "%s and %s let others run, if there is much to do",
    green((pack, unpack) => {
      const switches = /would switch, inside noSwitch/;
      const packed = zlib[pack](LARGE);
      expect(() => noSwitch(() => zlib[pack](LARGE))).toThrow(switches);
      expect(() => noSwitch(() => zlib[unpack](packed))).toThrow(switches);
      noSwitch(() => zlib[unpack](zlib[pack](SMALL)));
    }),
  );
});
