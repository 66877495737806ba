// A name server on loopback: RFC 1035, as far as tests ask.
import { createSocket, type RemoteInfo } from "node:dgram";
import * as dns from "node:dns";
import { isIPv4 } from "node:net";
import { clearDnsCache } from "../src/index.js";

/** What it says of a name. */
export interface Zone {
  /** Addresses of both families. */
  readonly addresses?: readonly string[];
  /** In seconds. */
  readonly ttl?: number;
  /** Says nothing until it is closed. */
  readonly silent?: boolean | "AAAA";
  /** A code of RFC 1035, section 4.1.1, in place of an answer. */
  readonly fails?: number;
}

const NAME_ERROR = 3;
const TYPES: Readonly<Record<number, string>> = { 1: "A", 28: "AAAA", 15: "MX" };

export interface NameServer {
  /** What was asked for, in order, as "A example.test". */
  readonly asked: string[];
  zones: Record<string, Zone>;
}

/** Runs `test` with a name server that is the only one of this process. */
export async function withNameServer(
  zones: Record<string, Zone>,
  test: (server: NameServer) => Promise<void>,
): Promise<void> {
  const socket = createSocket("udp4");
  const server: NameServer = { asked: [], zones };
  const unanswered: (() => void)[] = [];
  socket.on("message", (query: Buffer, { port, address }: RemoteInfo) => {
    const { name, type, end } = questionOf(query);
    server.asked.push(`${type} ${name}`);
    const zone = server.zones[name.toLowerCase()] ?? { fails: NAME_ERROR };
    const answer = (code: number, records: Buffer[]): void => {
      const header = Buffer.alloc(12);
      header.writeUInt16BE(query.readUInt16BE(0), 0);
      header.writeUInt16BE(0x8580 | code, 2);
      header.writeUInt16BE(1, 4);
      header.writeUInt16BE(records.length, 6);
      socket.send([header, query.subarray(12, end), ...records], port, address);
    };
    if (zone.silent === true || zone.silent === type) unanswered.push(() => answer(NAME_ERROR, []));
    else answer(zone.fails ?? 0, recordsOf(type, zone));
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const before = dns.getServers();
  dns.setServers([`127.0.0.1:${socket.address().port}`]);
  clearDnsCache();
  try {
    await test(server);
  } finally {
    // Or c-ares would ask again. It has heard all of this when it has heard the answer behind it.
    for (const give of unanswered) give();
    await new Promise<unknown>((resolve) => dns.resolve4("end.test", resolve));
    dns.setServers(before);
    clearDnsCache();
    await new Promise<void>((resolve) => socket.close(resolve));
  }
}

function questionOf(query: Buffer): { name: string; type: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = TYPES[query.readUInt16BE(at + 1)] ?? "?";
  return { name: labels.join("."), type, end: at + 5 };
}

function recordsOf(type: string, { addresses = [], ttl = 60 }: Zone): Buffer[] {
  const wanted = addresses.filter((one) => (isIPv4(one) ? "A" : "AAAA") === type);
  return wanted.map((address) => {
    const data = isIPv4(address) ? Buffer.from(address.split(".").map(Number)) : sixOf(address);
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0); // the name of the question
    record.writeUInt16BE(type === "A" ? 1 : 28, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(ttl, 6);
    record.writeUInt16BE(data.length, 10);
    return Buffer.concat([record, data]);
  });
}

/** Of an address with one `::`. */
function sixOf(address: string): Buffer {
  const [head = "", tail = ""] = address.split("::");
  const groups = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const bytes = Buffer.alloc(16);
  groups(head).forEach((group, i) => bytes.writeUInt16BE(group, 2 * i));
  groups(tail)
    .reverse()
    .forEach((group, i) => bytes.writeUInt16BE(group, 14 - 2 * i));
  return bytes;
}
