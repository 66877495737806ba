import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { ServerRequest } from "greenlit/net";

/**
 * Who may look at a dashboard: who has its token. The address that is printed has it as a
 * fragment, which browsers send to nobody; the page sends it in a header.
 */
export class Access {
  readonly token: string = randomBytes(18).toString("base64url");

  /** In constant time, whatever the request says. */
  allows({ headers }: Pick<ServerRequest, "headers">): boolean {
    const said = headers.get("authorization") ?? "";
    return timingSafeEqual(digest(said), digest(`Bearer ${this.token}`));
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/**
 * Whether a request names this server. Another name may be that of a page which had its own name
 * resolved to this machine, to get at what is served here (DNS rebinding).
 */
export function isNamedHere({ headers }: Pick<ServerRequest, "headers">, port: number): boolean {
  const host = headers.get("host");
  return host === `127.0.0.1:${port}` || host === `localhost:${port}`;
}
