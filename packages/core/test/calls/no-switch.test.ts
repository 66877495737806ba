import { expect, it } from "vitest";
import { Event, InvalidSwitchError, noSwitch, Queue, sleep, spawn } from "../../src/index.js";
import { green, thrownBy } from "@greenlit/testing";

it(
  "throws where its function would switch, and only there",
  green(() => {
    const queue = new Queue<number>();
    queue.put(1);
    expect(noSwitch(() => queue.get())).toBe(1);
    const error = thrownBy(() => noSwitch(() => queue.get()));
    expect(error).toBeInstanceOf(InvalidSwitchError);
    expect((error as Error).message).toContain("Queue.get would switch");
    expect(thrownBy(() => noSwitch(() => noSwitch(() => sleep(0))))).toBeInstanceOf(
      InvalidSwitchError,
    );
    sleep(0); // over: may switch again
    queue.put(2); // the failed get has left no trace
    expect(queue.size).toBe(1);
    // Another greenlet is not concerned.
    const event = new Event();
    const other = spawn(() => noSwitch(() => spawn(() => event.set())));
    expect(event.wait({ timeout: 60_000 })).toBe(true);
    other.get();
  }),
);

it("on the hub only calls its function", () => {
  expect(noSwitch(() => 5)).toBe(5);
});
