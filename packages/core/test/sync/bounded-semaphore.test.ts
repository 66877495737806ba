import { expect, it } from "vitest";
import { BoundedSemaphore, Semaphore, sleep, spawn } from "../../src/index.js";
import { green, thrownBy } from "@greenlit/testing";

it(
  "is a Semaphore that refuses one release too many, and keeps its count",
  green(() => {
    const semaphore = new BoundedSemaphore(2);
    expect(semaphore).toBeInstanceOf(Semaphore);
    expect(thrownBy(() => semaphore.release())).toMatchObject({
      code: "ERR_GREENLIT_RELEASED_TOO_OFTEN",
    });
    expect(semaphore.free).toBe(2);
    semaphore.acquire();
    semaphore.acquire();
    const waiting = spawn(() => semaphore.acquire());
    sleep(0);
    semaphore.release(); // handed over: nobody's permit is free meanwhile
    expect(waiting.get()).toBe(true);
    semaphore.release();
    semaphore.release();
    expect(semaphore.free).toBe(2);
    expect(() => semaphore.release()).toThrow(/all 2 permits are free/);
  }),
);
