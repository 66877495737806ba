// A program that knows nothing of greenlets, and is but one: whatever it can see of the order of
// events, of Node's modules and of what greenlit needs itself, is as under node.
import { pass } from "@greenlit/testing/program";
import { green, sameAsNode, write } from "../support/ways.mjs";

/** Longer than a turn of the hub. */
const WORK = "const end = Date.now() + 30; while (Date.now() < end);";

write({
  // Callbacks are not called in the middle of synchronous code.
  "files.cjs": `const fs = require("fs");
    process.nextTick(() => console.log("tick", ready));
    setImmediate(() => console.log("immediate", ready));
    Promise.resolve().then(() => console.log("promise", ready));
    fs.mkdirSync("made/deep", { recursive: true });
    fs.writeFileSync("made/file", "text");
    fs.symlinkSync("file", "made/link");
    fs.renameSync("made/link", "made/other");
    const fd = fs.openSync("made/file", "r+");
    fs.writeSync(fd, "more");
    fs.closeSync(fd);
    console.log(fs.realpathSync("made/other").endsWith("made/file"), fs.readFileSync("made/other", "utf8"));
    fs.rmSync("made", { recursive: true });
    let ready = fs.existsSync("made");`,
  "files.mjs": `import fs, { readFileSync } from "node:fs";
    process.nextTick(() => console.log("tick", ready));
    fs.statSync(".");
    let ready = readFileSync(process.argv[1], "utf8").length;`,
  // Functions of fs that somebody has replaced are called by the others.
  "replaced.cjs": `const fs = require("fs");
    const calls = [];
    for (const name of ["openSync", "writeSync", "closeSync"]) {
      const { [name]: nodes } = fs;
      fs[name] = (...args) => (calls.push(name), nodes(...args));
    }
    fs.writeFileSync("replaced.txt", "text", { flush: true });
    fs.appendFileSync("replaced.txt", "text");
    console.log(calls.join(), fs.readFileSync("replaced.txt", "utf8"));`,
  // What Node's modules look at when they are loaded, a program may change before.
  "before-zlib.cjs": `const buffer = require("buffer");
    const packed = Buffer.from("H4sIAAAAAAAAA0tMHFgAAIw2K/GAAAAA", "base64");
    buffer.kMaxLength = 64;
    try { console.log(require("zlib").gunzipSync(packed).length); } catch (error) { console.log(error.code); }`,
  "unloaded.cjs": `const loaded = () => ["dns", "zlib"].filter((name) => process.moduleLoadList.includes("NativeModule " + name));
    console.log(loaded());`,
  // What greenlit needs of Node's loop neither keeps it going nor depends on what a program does.
  "unref.cjs": `${WORK} setImmediate(() => console.log("never")).unref();`,
  "cleared.cjs": `clearImmediate({}); clearTimeout({}); clearInterval({}); ${WORK} console.log("ends");`,
  "removed.cjs": `const { setTimeout, setImmediate } = require("timers");
    for (const name of ["setTimeout", "clearTimeout", "setImmediate", "clearImmediate"]) delete globalThis[name];
    setTimeout(() => console.log("timeout"), 1); setImmediate(() => {});`,
  "storage.cjs": `const types = [];
    require("async_hooks").createHook({ init: (id, type) => void types.push(type) }).enable();
    ${WORK} process.on("exit", () => console.log(types.filter((type) => type === "Immediate").length));`,
  "await.mjs": `import { readFileSync } from "node:fs"; import { execFileSync } from "node:child_process";
    const { gzipSync, gunzipSync } = await import("node:zlib");
    console.log(String(gunzipSync(gzipSync("x".repeat(1e5)))).length);
    await new Promise((resolve) => setImmediate(resolve));
    console.log(readFileSync(process.argv[1], "utf8").length, execFileSync("echo", ["echo"], { encoding: "utf8" }));`,
});
for (const name of ["files.cjs", "files.mjs", "replaced.cjs", "before-zlib.cjs", "unref.cjs"]) {
  await sameAsNode(name, [name]);
}
for (const name of ["cleared.cjs", "removed.cjs", "storage.cjs", "await.mjs"]) {
  await sameAsNode(name, [name]);
}
await sameAsNode("unloaded.cjs", ["unloaded.cjs"]);

// However a module is loaded, it is patched then; and as soon as there is another greenlet, or one
// that waits for a time, file functions let others run.
const LOADS = {
  "require.cjs": 'const zlib = require("zlib"); const dns = require("node:dns");',
  "builtin.cjs":
    'const zlib = process.getBuiltinModule("node:zlib"); const dns = process.getBuiltinModule("dns");',
  "import.mjs": 'import zlib from "zlib"; import dns from "node:dns";',
  "import-later.mjs":
    'const { default: zlib } = await import("node:zlib"); const { default: dns } = await import("dns");',
};
const SHOWS = "console.log(typeof dns.lookupSync, !/native|zlibBufferSync/.test(zlib.gzipSync));";
write(Object.fromEntries(Object.entries(LOADS).map(([name, text]) => [name, text + SHOWS])));
for (const name of Object.keys(LOADS)) await green(name, [name], "function true\n");

write({
  "others.cjs": `const { spawn, withTimeout, getHub } = require("greenlit"); const fs = require("fs");
    const seen = [];
    setImmediate(() => seen.push("loop"));
    fs.statSync(".");
    console.log(seen.join());
    const other = spawn(() => { seen.push("other"); });
    while (!seen.includes("loop")) fs.statSync(".");
    console.log(seen.sort().join());`,
});
await green("others.cjs", ["others.cjs"], "\nloop,other\n");
pass(80);
