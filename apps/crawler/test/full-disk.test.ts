// What a crawl does when there is no room left, and that it goes on when there is.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { PageRecord } from "../src/output.js";
import { temporaryFolder } from "./folder.js";
import { serveLargeSite } from "./large-site.js";

const PROGRAM = fileURLToPath(new URL("programs/keep.mjs", import.meta.url));

/** Runs a shell in which file systems can be mounted that nobody else sees. */
const namespaces = [
  ["unshare", "-rm"],
  ["sudo", "-n", "unshare", "-m"],
].find(
  ([command, ...args]) =>
    spawnSync(command!, [...args, "sh", "-c", "mount -t tmpfs tmpfs /mnt"]).status === 0,
);
if (namespaces === undefined) {
  console.log("full-disk.test.ts: skipped: neither unshare nor sudo lets us mount a file system");
}

/** `$1` the size of the disk, `$2` where it is, `$3` where the outputs go, then the program. */
const SCRIPT = `
  disk=$2 out=$3 size=$1; shift 3
  mount -t tmpfs -o size=$size tmpfs $disk || exit 9
  "$@"; echo "first run: $?" >&2
  echo "torn: $(tail -qc1 $disk/job/*.jsonl | tr -d '\\n' | wc -c)" >&2
  mount -o remount,size=64m $disk
  "$@"; echo "second run: $?" >&2
  cp $disk/job/*.jsonl $out
`;

describe.skipIf(namespaces === undefined)("a full disk", () => {
  // So much is needed by an empty store; then by the first lines, and by more of them.
  it.each(["64k", "200k", "300k"])("of %s loses nothing, and tears no line", async (size) => {
    const site = await serveLargeSite(600, 1);
    const [disk, out] = [temporaryFolder(), temporaryFolder()];
    const [command, ...args] = namespaces!;
    const program = [process.execPath, PROGRAM, site.seed, join(disk, "job")];
    const child = spawn(command!, [...args, "sh", "-c", SCRIPT, "sh", size, disk, out, ...program]);
    const [, err] = await Promise.all([once(child, "close"), text(child.stderr)]);
    expect(err).toMatch(
      /(pages.jsonl|items.jsonl|the job) cannot be written: (ENOSPC|LMDB says: )/,
    );
    expect(err).toContain("first run: 1\ntorn: 0\n");
    expect(err).toContain("second run: 0");
    const lines = readFileSync(join(out, "pages.jsonl"), "utf8").trimEnd().split("\n");
    const urls = lines.map((line) => (JSON.parse(line) as PageRecord).url);
    expect(urls.sort()).toEqual(site.urls);
  });
});
