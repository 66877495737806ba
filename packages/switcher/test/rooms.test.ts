// The native sources lie in rooms, and a room may include only from those below it:
//
//   binding.cc → tools ───────────┐
//              → drivers ──▶ v8 ◀─┘
//                  │          │
//                  └──▶ machine
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const NATIVE = fileURLToPath(new URL("../native/", import.meta.url));

/** Each room, and the rooms that it may include from. */
const BELOW: Record<string, readonly string[]> = {
  machine: [],
  v8: ["machine"],
  drivers: ["machine", "v8"],
  tools: ["v8"],
};

const files = readdirSync(NATIVE, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => /\.(h|cc|S)$/.test(file));

function included(file: string, form: RegExp): string[] {
  const source = readFileSync(NATIVE + file, "utf8");
  return [...source.matchAll(form)].map(([, name]) => name!);
}

const own = (file: string): string[] => included(file, /^#include "(.+)"/gm);
const system = (file: string): string[] => included(file, /^#include <(.+)>/gm);
const inRoom = (room: string): string[] => files.filter((file) => file.startsWith(`${room}/`));

it("every source lies in a room, but for the addon itself", () => {
  const rooms = Object.keys(BELOW);
  const elsewhere = files.filter((file) => !rooms.includes(file.split("/")[0]!));
  expect(elsewhere).toEqual(["binding.cc"]);
});

describe.each(Object.entries(BELOW))("the room %s", (room, below) => {
  it("includes from itself and the rooms below only", () => {
    const sources = inRoom(room);
    expect(sources.length).toBeGreaterThan(2);
    const wrong = sources.flatMap((file) =>
      own(file)
        .filter((name) => ![room, ...below].includes(name.split("/")[0]!))
        .map((name) => `${file} includes ${name}`),
    );
    expect(wrong).toEqual([]);
  });
});

it("the room machine knows nothing of V8, Node and libuv", () => {
  const foreign = inRoom("machine").flatMap((file) =>
    system(file).filter((name) => /^(v8|node|uv|js_native)/.test(name)),
  );
  expect(foreign).toEqual([]);
});

it.each(["../README.md", "../../../docs/trust.md"])(
  "the sources that %s names are there",
  (page) => {
    const text = readFileSync(new URL(page, import.meta.url), "utf8");
    const names = [...text.matchAll(/`(?:native\/)?([a-z_0-9]+\/[a-z_0-9]+\.(?:h|cc|S))`/g)];
    expect(names.length).toBeGreaterThan(3);
    expect(names.map(([, name]) => name!).filter((name) => !files.includes(name))).toEqual([]);
  },
);
