// What a user of the package may write: compiled by types.test.ts against the package as it is published.
import dns from "node:dns";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import timers from "node:timers";
import "@greenlit/monkey";
export const s: net.Socket = net.connectSync({ port: 1 });
export const b: Buffer | null = s.readSync(3);
export const a: string = dns.lookupSync("x").address;
export const m: { priority: number }[] = dns.resolveSync("x", "MX");
export const h: number = http.getSync("x").statusCode + https.requestSync({ host: "x" }).statusCode;
export const f: string = fetchSync("x").text();
export const t: string = timers.setTimeoutSync(1, "x");
