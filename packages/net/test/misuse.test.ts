// What would be ignored, or taken for something else, is refused with what to write.
import { PassThrough } from "node:stream";
import { getHub } from "@greenlit/core";
import { green, thrownBy } from "@greenlit/testing";
import { describe, expect, it } from "vitest";
import {
  connect,
  connectStream,
  get,
  listen,
  lookup,
  request,
  resolve,
  StreamReader,
  StreamWriter,
} from "../src/index.js";

const as = (value: unknown): never => value as never;
const reader = (): StreamReader => new StreamReader(new PassThrough(), "stream");
const writer = (): StreamWriter => new StreamWriter(new PassThrough(), "stream");
const URL_ = "http://127.0.0.1:1/";

/** Each with an option of a call that blocks. */
const CALLS: Record<string, (options: never) => unknown> = {
  read: (o) => reader().read(1, o),
  readExactly: (o) => reader().readExactly(1, o),
  readUntil: (o) => reader().readUntil("x", o),
  readLine: (o) => reader().readLine(o),
  write: (o) => writer().write("x", o),
  end: (o) => writer().end(o),
  resolve: (o) => resolve("localhost", "A", o),
  request: (o) => request(URL_, o),
  "listener.accept": (o) => {
    using listener = listen({ port: 0, host: "127.0.0.1" });
    return listener.accept(o);
  },
};

describe("a call of sockets, DNS and HTTP", () => {
  it.each(Object.entries(CALLS))("refuses unknown options and bad times: %s", (_, call) =>
    green(() => {
      const slip = thrownBy(() => call(as({ timout: 10 }))) as Error;
      expect(slip.message).toMatch(/ has no option "timout": did you mean "timeout"\?/);
      for (const timeout of ["50", true, [50], new Date(50), 50n]) {
        const error = thrownBy(() => call(as({ timeout }))) as Error;
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toMatch(/^timeout must be a number of milliseconds/);
      }
      for (const timeout of [-1, Number.NaN]) {
        expect(thrownBy(() => call(as({ timeout })))).toBeInstanceOf(RangeError);
      }
      expect(thrownBy(() => call(as(10)))).toBeInstanceOf(TypeError);
      const reason = new Error("aborted");
      expect(thrownBy(() => call(as({ signal: AbortSignal.abort(reason) })))).toBe(reason);
      expect(getHub().clock.pending).toBe(0);
    })(),
  );

  it(
    "checks every time of a request, and those of Node's client",
    green(() => {
      for (const name of ["connectTimeout", "headersTimeout", "bodyTimeout", "timeout"]) {
        expect(() => request(URL_, as({ [name]: "50" }))).toThrow(
          `${name} must be a number of milliseconds`,
        );
      }
      expect(() => get(URL_, { timeout: as("50") })).toThrow(TypeError);
      expect(() => lookup("localhost", { timeout: as("50") })).toThrow(TypeError);
      expect(() => connect({ port: 1, host: "127.0.0.1", timeout: as("50") })).toThrow(TypeError);
    }),
  );

  it(
    "says where the port belongs",
    green(() => {
      for (const [call, says] of [
        [() => listen(as(8080)), "not 8080: write listen({ port: 8080 })"],
        [() => listen(as("8080")), 'not "8080": write listen({ port: 8080 })'],
        [() => listen(as("/run/app")), 'not "/run/app": write listen({ path })'],
        [() => listen(as(undefined)), "not undefined: write listen({ port, host })"],
        [() => connect(as(80)), "not 80: write connect({ port: 80 })"],
        [() => connect(as(new URL(URL_))), "not a URL: write connect({ port, host })"],
        [() => connectStream(as(80)), "not 80: write connect({ port: 80 })"],
        [() => reader().read(as({ timeout: 10 })), "not an object: write read(max, options)"],
      ] as const) {
        const error = thrownBy(call) as Error;
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toContain(says);
      }
    }),
  );
});
