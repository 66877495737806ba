// What a user of the package may write: compiled by types.test.ts against the package as it is
// published.
import dns from "node:dns";
import events from "node:events";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import readline from "node:readline";
import stream from "node:stream";
import timers from "node:timers";
import tls from "node:tls";
import workers from "node:worker_threads";
import "@greenlit/monkey";
export const s: net.Socket = net.connectSync({ port: 1 });
export const b: Buffer | null = s.readSync(3);
export const a: string = dns.lookupSync("x").address;
export const m: { priority: number }[] = dns.resolveSync("x", "MX");
export const h: number = http.getSync("x").statusCode + https.requestSync({ host: "x" }).statusCode;
export const f: string = fetchSync("x").text();
export const t: string = timers.setTimeoutSync(1, "x");
export const e: unknown[] = events.onceSync(s, "data", { timeout: 1 });
export const t1: tls.TLSSocket = tls.connectSync({ port: 1, timeout: 1 });
export const h2: http2.ClientHttp2Session = http2.connectSync("http://x", { timeout: 1 });
export const q: string = readline.createInterface({ input: s }).questionSync("?", { timeout: 1 });
stream.finishedSync(s, { readable: false, timeout: 1 });
stream.pipelineSync(s, s, { timeout: 1, end: false });
export const w: unknown = workers.receiveMessageOnPortSync(new workers.Worker("x"))?.message;
export const status: number = h2.requestSync(
  { ":path": "/" },
  { body: "x", timeout: 1 },
).statusCode;
