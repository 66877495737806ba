// Every program in `examples` runs as its first lines say, and does what they say.
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { ROOT } from "./support/examples.js";

const CLI = join(ROOT, "packages/greenlit/dist/cli.js");

const running = new Set<{ child?: ChildProcess; close?: () => void }>();
afterEach(() => {
  for (const { child, close } of running) {
    child?.kill("SIGKILL");
    close?.();
  }
  running.clear();
});

/** A program in `examples`, and what it has printed. */
class Program {
  readonly child: ChildProcess;
  output = "";

  constructor(name: string, ...args: (string | number)[]) {
    const command = [CLI, "run", join(ROOT, `examples/${name}.mjs`), ...args.map(String)];
    this.child = spawn(process.execPath, command, { stdio: ["pipe", "pipe", "pipe"] });
    running.add({ child: this.child });
    const take = (text: Buffer): string => (this.output += text.toString());
    this.child.stdout?.on("data", take);
    this.child.stderr?.on("data", take);
  }

  /** The port that it says it listens on. */
  async port(): Promise<number> {
    return Number(await this.said(/port (\d+)/));
  }

  async said(pattern: RegExp): Promise<string | undefined> {
    await expect.poll(() => this.output).toMatch(pattern);
    return pattern.exec(this.output)?.[1];
  }

  /** @returns its exit code. */
  async end(): Promise<number | null> {
    if (this.child.exitCode === null) await once(this.child, "close");
    return this.child.exitCode;
  }
}

/** A connection, and all that has come. */
class Client {
  readonly socket: Socket;
  text = "";
  ended = false;

  constructor(port: number) {
    this.socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    running.add({ close: () => this.socket.destroy() });
    this.socket.setEncoding("utf8").on("data", (text: string) => (this.text += text));
    this.socket.on("end", () => (this.ended = true));
  }

  async reads(text: string): Promise<void> {
    await expect.poll(() => this.text).toContain(text);
  }
}

async function listening(server: Server): Promise<number> {
  running.add({ close: () => server.close() });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

it("echo-server serves several clients at once", async () => {
  const port = await new Program("echo-server", 0).port();
  const clients = Array.from({ length: 10 }, () => new Client(port));
  for (const [i, client] of clients.entries()) client.socket.write(`client ${i}`);
  for (const [i, client] of clients.entries()) await client.reads(`client ${i}`);
  for (const client of clients) client.socket.end();
  for (const client of clients) await expect.poll(() => client.ended).toBe(true);
});

it("port-forwarder passes on both directions, and the end of each", async () => {
  const got: string[] = [];
  const target = createServer({ allowHalfOpen: true }, (socket) => {
    socket.write("welcome, ");
    socket.setEncoding("utf8").on("data", (text: string) => got.push(text));
    socket.on("end", () => socket.end("goodbye"));
  });
  const port = await new Program("port-forwarder", 0, "127.0.0.1", await listening(target)).port();
  const client = new Client(port);
  await client.reads("welcome, ");
  client.socket.end("x".repeat(1_000_000));
  await client.reads("welcome, goodbye");
  expect(got.join("").length).toBe(1_000_000);
  await expect.poll(() => client.ended).toBe(true);
});

it("port-forwarder says why a connection ended, and goes on", async () => {
  const unused = createServer();
  const closed = await listening(unused);
  await new Promise((resolve) => unused.close(resolve));
  const program = new Program("port-forwarder", 0, "127.0.0.1", closed);
  const port = await program.port();
  for (let i = 0; i < 2; i++) {
    const client = new Client(port);
    client.socket.on("error", () => {});
    await expect.poll(() => client.ended || client.socket.destroyed).toBe(true);
  }
  await program.said(/ECONNREFUSED[^]*ECONNREFUSED/);
});

it("chat-server tells everybody else what one says", async () => {
  const port = await new Program("chat-server", 0).port();
  const join = async (name: string): Promise<Client> => {
    const client = new Client(port);
    await client.reads("your name? ");
    client.socket.write(`${name}\n`);
    return client;
  };
  const ann = await join("ann");
  const ben = await join("ben");
  await ann.reads("* ben has come\n");
  ben.socket.write("hello\n");
  await ann.reads("ben: hello\n");
  expect(ben.text).not.toContain("hello");
  const other = await join("ann"); // the name is taken
  await expect.poll(() => other.ended).toBe(true);
  ben.socket.destroy();
  await ann.reads("* ben has gone\n");
});

it("load-generator tells rates, times and answers", async () => {
  let asked = 0;
  const server = createHttpServer((_request, response) => {
    response.statusCode = ++asked % 5 === 0 ? 404 : 200;
    response.end("hello");
  });
  const port = await listening(server);
  const program = new Program("load-generator", `http://127.0.0.1:${port}/`, 4, 0.5);
  expect(await program.end()).toBe(0);
  expect(program.output).toMatch(/^\d+ answers a second\nhalf within [\d.]+ ms, 99 % within /);
  const counts = [...program.output.matchAll(/^(?:200|404): (\d+)$/gm)].map(([, n]) => Number(n));
  expect(counts).toHaveLength(2);
  expect(counts.reduce((sum, n) => sum + n, 0)).toBe(asked);
  server.closeAllConnections();
});

it("udp-ping measures, and tells what is lost", async () => {
  const port = await new Program("udp-ping", "serve", 0).port();
  const ping = new Program("udp-ping", "127.0.0.1", port, 2);
  expect(await ping.end()).toBe(0);
  expect(ping.output).toMatch(/^ping 1: [\d.]+ ms\nping 2: [\d.]+ ms\n$/);

  const silent = createSocket("udp4");
  running.add({ close: () => silent.close() });
  silent.bind(0, "127.0.0.1");
  await once(silent, "listening");
  const lost = new Program("udp-ping", "127.0.0.1", silent.address().port, 1);
  expect(await lost.end()).toBe(0);
  expect(lost.output).toBe("ping 1: lost\n");
});

it("dns-resolver looks up what comes in, many at a time", async () => {
  const program = new Program("dns-resolver", 20);
  const names = Array.from({ length: 100 }, (_, i) => `name-${i}.invalid`);
  program.child.stdin?.end(names.join("\n"));
  expect(await program.end()).toBe(0);
  const lines = program.output.trimEnd().split("\n");
  expect(lines.at(-1)).toBe("0 found, 100 not");
  for (const name of names) expect(program.output).toMatch(new RegExp(`^${name}: E\\w+$`, "m"));
});

it("each says how it is run, and has a test", () => {
  const tests = ["examples", "examples-http"]
    .map((name) => readFileSync(join(ROOT, `test/${name}.test.ts`), "utf8"))
    .join("");
  for (const file of readdirSync(join(ROOT, "examples"))) {
    if (file === "three-files-three-pages.mjs") continue; // the README's, tested there
    expect(readFileSync(join(ROOT, "examples", file), "utf8")).toContain(
      `//   npx greenlit run ${file}`,
    );
    expect(tests).toMatch(new RegExp(`(new Program|start)\\("${file.replace(".mjs", "")}`));
  }
});
