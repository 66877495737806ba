import nodeNet from "node:net";
import type { CallOptions, ConnectOptions } from "@greenlit/net";
import { net } from "./lazy-net.js";
import type { Ledger } from "@greenlit/core/ledger";

declare module "net" {
  /** Connects, and returns when the socket is connected. Blocks only the greenlet. */
  function connectSync(options: ConnectOptions): Socket;
  function connectSync(port: number, host?: string): Socket;
  function connectSync(path: string): Socket;

  interface Socket {
    /** The next bytes, at most `max`, as soon as there are any; null at the end. */
    readSync(max?: number, options?: CallOptions): Buffer | null;
    /** Writes all of `data`; returns when the kernel has it. */
    writeSync(data: string | Uint8Array, options?: CallOptions): void;
    /** Closes at once; greenlets waiting on the socket get a SocketClosedError. */
    closeSync(): void;
  }
}

/** `net.connectSync`, and blocking methods on every socket. */
export function patchNet(ledger: Ledger): void {
  ledger.put("patch", "net", "connectSync", nodeNet, connectSync);
  const { prototype } = nodeNet.Socket;
  ledger.put("patch", "net", "Socket.prototype.readSync", prototype, readSync);
  ledger.put("patch", "net", "Socket.prototype.writeSync", prototype, writeSync);
  ledger.put("patch", "net", "Socket.prototype.closeSync", prototype, closeSync);
}

function connectSync(where: ConnectOptions | number | string, host?: string): nodeNet.Socket {
  if (typeof where === "number")
    return net().connectStream(host === undefined ? { port: where } : { port: where, host });
  return net().connectStream(typeof where === "string" ? { path: where } : where);
}

function readSync(this: nodeNet.Socket, max?: number, options?: CallOptions): Buffer | null {
  return net().Socket.from(this).read(max, options);
}

function writeSync(this: nodeNet.Socket, data: string | Uint8Array, options?: CallOptions): void {
  net().Socket.from(this).write(data, options);
}

function closeSync(this: nodeNet.Socket): void {
  net().Socket.from(this).close();
}
