import { spawn } from "node:child_process";
import { createConnection } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";

/** Whether anybody listens there. */
const listens = (port: number, host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ port, host });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });

describe("the demo site's process", () => {
  it("ends with its parent, even when that is killed", async () => {
    const program = `
      import { run, sleep } from "greenlit";
      import { startDemo } from ${JSON.stringify(new URL("../dist/demo.js", import.meta.url).href)};
      await run(() => {
        console.log(startDemo().seeds[0]);
        sleep(60_000);
      });`;
    const cwd = fileURLToPath(new URL("..", import.meta.url));
    const parent = spawn(process.execPath, ["--input-type=module", "-e", program], { cwd });
    onTestFinished(() => void parent.kill("SIGKILL"));
    const seed = await new Promise<string>((resolve) =>
      parent.stdout.once("data", (text) => resolve(String(text))),
    );
    const { hostname, port } = new URL(seed.trim());
    expect(await listens(Number(port), hostname)).toBe(true);
    parent.kill("SIGKILL");
    while (await listens(Number(port), hostname)) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
});
