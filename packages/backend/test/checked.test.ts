import { createBackend, READ, system } from "@greenlit/backend";
import { green, thrownBy } from "@greenlit/testing";
import { expect, it } from "vitest";
import { checked } from "../dist/checked.js";

const calls = system();

it(
  "says that somebody else has closed a descriptor",
  green(() => {
    const backend = checked(createBackend("poll"));
    const [fd, other] = calls.socketPair(1) as [number, number];
    const descriptor = backend.register(fd);
    calls.close(fd);
    const { message } = thrownBy(() => descriptor.receive(1, "receive")) as Error;
    expect(message).toContain(`descriptor ${fd} was closed by somebody else`);
    // Its number is another one's now.
    const others = calls.socketPair(1) as [number, number];
    expect(others).toContain(fd);
    expect(() => descriptor.receive(1, "receive")).toThrow("somebody else");
    for (const each of [...others, other]) calls.close(each);
  }),
);

it("says that a backend breaks its contract", () => {
  const backend = createBackend("poll");
  const bad = checked({
    ...backend,
    name: "poll",
    files: null,
    stats: () => ({ registered: -1 }),
  } as never);
  expect(() => bad.stats()).toThrow("registered is -1");
  expect(READ).toBe(1);
  backend.close();
});
