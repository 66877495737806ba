import type { ConnectionOptions, TLSSocket } from "node:tls";
import type { WaitOptions } from "@greenlit/core";
import type { Ledger } from "@greenlit/core/ledger";
import { split } from "./awaiting.js";
import { connecting } from "./connecting.js";

type TlsOptions = Omit<ConnectionOptions, "timeout" | "signal"> & WaitOptions;

declare module "tls" {
  /**
   * Connects, and returns when the connection is secure and the certificate has been accepted.
   * Blocks only the greenlet.
   */
  function connectSync(options: Omit<ConnectionOptions, "timeout"> & WaitOptions): TLSSocket;
}

/** `tls.connectSync`. */
export function patchTls(ledger: Ledger): void {
  // Imported, it would be loaded in every program.
  const tls = process.getBuiltinModule("node:tls");
  const { connect } = tls;
  ledger.put("patch", "tls", "connectSync", tls, function connectSync(options: TlsOptions) {
    const [wait, rest] = split(options);
    const begin = (): TLSSocket => connect(rest);
    return connecting("tls.connectSync", "secureConnect", wait, begin, (socket) =>
      socket.destroy(),
    );
  });
}
