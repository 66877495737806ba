import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { onAbort } from "../../src/node/abort.js";

const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

it("calls everyone in the order in which they came, through one listener; not those who took it back", () => {
  const controller = new AbortController();
  const { signal } = controller;
  const called: number[] = [];
  const back = [0, 1, 2, 3].map((i) => onAbort(signal, () => called.push(i)));
  expect(listeners(signal)).toBe(1);
  back[1]?.();
  back[1]?.();
  controller.abort();
  expect(called).toEqual([0, 2, 3]);
});

it("leaves no listener behind, and begins anew", () => {
  const controller = new AbortController();
  const { signal } = controller;
  const called: string[] = [];
  for (const name of ["first", "second"]) {
    const back = [1, 2].map(() => onAbort(signal, () => called.push(name)));
    back[0]?.();
    expect(listeners(signal)).toBe(1);
    if (name === "first") back[1]?.();
    expect(listeners(signal)).toBe(name === "first" ? 0 : 1);
  }
  controller.abort();
  expect(called).toEqual(["second"]);
});

it("one that takes itself or another back while it is called is no harm", () => {
  const controller = new AbortController();
  const called: string[] = [];
  const takeBack: (() => void)[] = [];
  for (const name of ["a", "b", "c"]) {
    takeBack.push(
      onAbort(controller.signal, () => {
        called.push(name);
        takeBack[0]?.();
        takeBack[1]?.();
      }),
    );
  }
  controller.abort();
  expect(called).toEqual(["a", "c"]);
});
