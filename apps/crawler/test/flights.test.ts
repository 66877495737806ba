import { run, sleep, spawn } from "greenlit";
import { expect, it } from "vitest";
import { enter, type Flight, Flights, flightHere } from "../src/flights.js";

it("flights are of the greenlet that visits; elsewhere there is none", async () => {
  await run(() => {
    const flights = new Flights();
    const found: (Flight | undefined)[] = [];
    const entry = { seq: 0, queue: "a", via: null, url: "http://a/", depth: 0, referrer: null };
    flights.during({ ...entry, attempts: 1, hops: null }, () => {
      const began = flightHere()!.since;
      sleep(2);
      enter("parsing");
      expect(flightHere()).toMatchObject({ phase: "parsing" });
      expect(flightHere()!.since).toBeGreaterThan(began);
      spawn(() => {
        enter("body"); // it visits no page
        found.push(flightHere());
      }).join();
      found.push(flightHere(), ...flights);
    });
    expect(found[0]).toBe(undefined);
    expect(found[1]).toMatchObject({ phase: "parsing", entry: { url: "http://a/" } });
    expect(found[2]).toBe(found[1]);
    expect(() =>
      flights.during({ ...entry, attempts: 1, hops: null }, () => {
        throw new Error("it failed");
      }),
    ).toThrow("it failed");
    expect([flightHere(), flights.size]).toEqual([undefined, 0]);
  });
});
