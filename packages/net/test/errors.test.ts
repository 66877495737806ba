import { expect, it } from "vitest";
import * as mine from "../src/errors.js";

const COPY: string = "../src/errors.js?copy";

it("are known to the classes of another copy of the package", async () => {
  const theirs = (await import(COPY)) as typeof mine;
  const errors = {
    SocketClosedError: new theirs.SocketClosedError(),
    UnexpectedEndError: new theirs.UnexpectedEndError(Buffer.from("half"), "8 bytes"),
    LimitExceededError: new theirs.LimitExceededError(64, "line"),
    BodyTooLargeError: new theirs.BodyTooLargeError(64),
  };
  for (const [name, error] of Object.entries(errors)) {
    for (const other of Object.keys(errors) as (keyof typeof errors)[]) {
      expect(mine[other]).not.toBe(theirs[other]);
      expect(error instanceof mine[other], `${name} instanceof ${other}`).toBe(name === other);
    }
  }
});
