import { Agent, getGlobalDispatcher, MockAgent, setGlobalDispatcher } from "undici";
import { expect, it } from "vitest";
import { globalDispatcher } from "../src/dispatcher.js";

it("is the process's own, also when that is replaced", () => {
  const before = getGlobalDispatcher();
  try {
    for (const agent of [new Agent(), new MockAgent(), new Agent()]) {
      setGlobalDispatcher(agent);
      expect(globalDispatcher()).toBe(agent);
      expect(globalDispatcher()).toBe(agent);
    }
    const older = {
      dispatch() {
        throw new Error("invalid onError method"); // what Node 20's says to our handlers
      },
    } as unknown as Agent;
    setGlobalDispatcher(older);
    const own = globalDispatcher();
    expect(own).toBeInstanceOf(Agent);
    expect(globalDispatcher()).toBe(own);
  } finally {
    setGlobalDispatcher(before);
  }
});
