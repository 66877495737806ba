// A client of the inspector's protocol over its WebSocket, as small as can be: one frame per
// message, no extensions.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { writeSync } from "node:fs";
import inspector from "node:inspector";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";

/** What a program under the inspector does first; `start` lets it go on. */
export function waitForStart() {
  inspector.waitForDebugger();
  writeSync(1, STARTED);
}

const STARTED = "started\n";

/** Milliseconds after which a program that has not ended hangs, and what is known of it is told. */
const TIME_LIMIT = 200_000;

/** Starts a program under the inspector; it should begin with `waitForStart`. */
export async function debuggee(url, args, flags = []) {
  const child = spawn(
    process.execPath,
    [...process.execArgv, ...flags, "--inspect=127.0.0.1:0", fileURLToPath(url), ...args],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NODE_OPTIONS: "" } },
  );
  const state = { child, output: "", errors: "" };
  child.stdout.on("data", (data) => (state.output += data));
  // Again and again: the program may not be waiting yet.
  state.start = async () => {
    while (!state.output.startsWith(STARTED)) {
      await state.client.post("Runtime.runIfWaitingForDebugger");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    state.output = state.output.slice(STARTED.length);
  };
  state.ended = once(child, "close").then(([code, signal]) => signal ?? code);
  const address = await new Promise((resolve, reject) => {
    child.stderr.on("data", (data) => {
      state.errors += data;
      const found = /ws:\/\/(\S+?):(\d+)(\/\S+)/.exec(state.errors);
      if (found !== null) resolve(found);
    });
    void state.ended.then((end) => reject(new Error(`ended with ${end}: ${state.errors}`)));
  });
  state.client = await attach(address[1], Number(address[2]), address[3]);
  const limit = setTimeout(() => {
    const { output, errors, client } = state;
    const open = [...client.pending.values()].map(({ method }) => method);
    console.error("no end of", args, { output, errors, open, last: client.lastEvent });
    child.kill("SIGKILL");
    process.exit(1);
  }, TIME_LIMIT);
  void state.ended.then(() => clearTimeout(limit));
  return state;
}

async function attach(host, port, path) {
  const socket = connect(port, host);
  await once(socket, "connect");
  const key = randomBytes(16).toString("base64");
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
  const client = new Client(socket);
  await once(client, "open");
  return client;
}

/** Emits `message` for every event of the protocol, and an event of its own name. */
class Client extends EventEmitter {
  constructor(socket) {
    super();
    this.socket = socket;
    this.last = 0;
    this.pending = new Map();
    this.bytes = Buffer.alloc(0);
    this.opened = false;
    this.closing = false;
    this.lastEvent = "";
    socket.on("data", (data) => this.take(data));
    socket.on("error", () => {});
    socket.on("close", () => this.lose());
  }

  take(data) {
    this.bytes = Buffer.concat([this.bytes, data]);
    if (!this.opened) {
      const end = this.bytes.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.bytes = this.bytes.subarray(end + 4);
      this.opened = true;
      this.emit("open");
    }
    for (;;) {
      if (this.bytes.length < 2) return;
      let size = this.bytes[1] & 0x7f;
      let start = 2;
      if (size === 126) {
        if (this.bytes.length < 4) return;
        [size, start] = [this.bytes.readUInt16BE(2), 4];
      } else if (size === 127) {
        if (this.bytes.length < 10) return;
        [size, start] = [Number(this.bytes.readBigUInt64BE(2)), 10];
      }
      if (this.bytes.length < start + size) return;
      const text = this.bytes.subarray(start, start + size).toString();
      const isText = (this.bytes[0] & 0x0f) === 1;
      this.bytes = this.bytes.subarray(start + size);
      if (isText) this.receive(JSON.parse(text));
    }
  }

  receive({ id, method, params, result, error }) {
    if (id === undefined) {
      this.lastEvent = method;
      this.emit("message", method, params);
      this.emit(method, params);
      return;
    }
    const { resolve, reject } = this.pending.get(id);
    this.pending.delete(id);
    if (error === undefined) resolve(result);
    else reject(new Error(error.message));
  }

  /** Rejected once `close` was called, or when the program is gone. */
  post(method, params = {}) {
    if (this.closing || this.socket.destroyed) {
      return Promise.reject(new Error(`${method}: the connection is closed`));
    }
    return this.send(method, params);
  }

  send(method, params = {}) {
    const id = ++this.last;
    const text = Buffer.from(JSON.stringify({ id, method, params }));
    const mask = randomBytes(4);
    const head = Buffer.from([0x81, 0x80 | 126, text.length >> 8, text.length & 0xff]);
    this.socket.write(Buffer.concat([head, mask, text.map((byte, i) => byte ^ mask[i % 4])]));
    return new Promise((resolve, reject) => this.pending.set(id, { method, resolve, reject }));
  }

  /**
   * Ends the session before the connection: Node's inspector thread writes to a socket that its
   * peer has destroyed (and crashes) while events are in flight, and V8 aborts on a step that comes
   * after `Debugger.disable`.
   */
  async close() {
    this.closing = true;
    try {
      await this.send("Debugger.disable");
      await this.send("Runtime.disable");
    } catch {
      // The program has ended first.
    }
    this.socket.destroy();
  }

  lose() {
    for (const { reject } of this.pending.values()) reject(new Error("the connection is closed"));
    this.pending.clear();
  }
}
