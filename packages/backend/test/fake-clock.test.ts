// A greenlet that waits for a descriptor is no deadlock under a fake clock, whatever the time.
import { createBackend, system } from "@greenlit/backend";
import { getHub, spawn } from "@greenlit/core";
import { green, withFakeClock } from "@greenlit/testing";
import { expect, it } from "vitest";

it.each(["epoll", "poll"] as const)("a fake clock waits for descriptors of %s", (name) =>
  green(() => {
    const backend = createBackend(name);
    const fds = system().socketPair(1) as [number, number];
    const [one, other] = [backend.register(fds[0]), backend.register(fds[1])];
    // A timer that the fake clock knows nothing of: much later than it would be silent.
    setTimeout(() => system().send(fds[1], Buffer.from("late"), 0), 200);
    const text = withFakeClock(() => {
      const reader = spawn(() => {
        try {
          return String(one.receive(10, "receive"));
        } catch (error) {
          return (error as Error).message;
        }
      });
      return reader.get();
    });
    expect(text).toBe("late");
    expect(getHub().outside).toBe(0);
    for (const each of [one, other]) each.close();
    backend.close();
  })(),
);
