import { printed } from "../errors.js";
import { openResponse } from "../node/open-responses.js";

/** What is known here of a greenlet. */
type Failed = Parameters<typeof openResponse>[0] & {
  readonly name: string;
  readonly spawnSite: string;
};

/**
 * Prints an error that nobody waits for to stderr. The default of `hub.onError`.
 * @param link the function that threw, when it was one linked to the greenlet.
 */
export function printFailure(
  greenlet: Failed,
  error: unknown,
  link?: (greenlet: never) => void,
): void {
  const what = link === undefined ? failure(greenlet) : linkFailure(greenlet, link);
  process.stderr.write(`greenlit: ${what}\n${printed(error)}\n`);
}

function failure(greenlet: Failed): string {
  const { name, spawnSite } = greenlet;
  const site = spawnSite === "" ? "" : `, spawned ${spawnSite}`;
  const request = openResponse(greenlet);
  const client =
    request === ""
      ? ""
      : `; the response to ${request} is still open (a handler in green() of greenlit/net would answer)`;
  return `greenlet "${name}" failed${site}${client}`;
}

function linkFailure({ name }: Failed, link: (greenlet: never) => void): string {
  const fn = link.name === "" ? "the function" : `the function "${link.name}"`;
  return `${fn} linked to greenlet "${name}" threw`;
}
