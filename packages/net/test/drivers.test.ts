// All that concerns sockets, under each driver that this system has; the other tests run it under
// the one that is chosen by default.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { availableBackends, chooseBackend } from "@greenlit/backend";
import { describe, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FILES = [
  "blocking-calls",
  "datagram-socket",
  "happy-eyeballs",
  "listener",
  "semantics",
  "socket",
  "socket-pair",
  "stream-server",
  "tls",
].map((name) => `packages/net/test/${name}.test.ts`);

describe("sockets", () => {
  const chosen = chooseBackend();
  for (const { name, reason } of availableBackends()) {
    if (name === chosen) continue;
    if (reason !== null) console.log(`sockets are not tested under ${name}: ${reason}`);
    else it(`do the same under ${name}`, () => runUnder(name), 300_000);
  }
});

function runUnder(driver: string): Promise<void> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST"));
  const env = {
    ...Object.fromEntries(own),
    GREENLIT_BACKEND: driver,
  };
  const args = ["node_modules/vitest/vitest.mjs", "run", "--project", "io", ...FILES];
  return new Promise((resolve, reject) => {
    const options = { cwd: ROOT, env, maxBuffer: 1 << 26 };
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (error === null) resolve();
      else reject(new Error(`${error.message}\n${stdout}\n${stderr}`));
    });
  });
}
