import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** Runs a shell in which file systems can be mounted that nobody else sees. */
export const namespaces: readonly string[] | undefined = [
  ["unshare", "-rm"],
  ["sudo", "-n", "unshare", "-m"],
].find(
  ([command, ...args]) =>
    spawnSync(command!, [...args, "sh", "-c", "mount -t tmpfs tmpfs /mnt"]).status === 0,
);
if (namespaces === undefined) {
  console.log("a full disk: skipped: neither unshare nor sudo lets us mount a file system");
}

/**
 * `$1` the size of the disk, `$2` where it is, `$3` where all goes in the end, then the program.
 */
const SCRIPT = `
  disk=$2 out=$3 size=$1; shift 3
  mount -t tmpfs -o size=$size tmpfs $disk || exit 9
  "$@"; echo "first run: $?" >&2
  echo "torn: $(tail -qc1 $disk/job/*.jsonl | tr -d '\\n' | wc -c)" >&2
  mount -o remount,size=64m $disk
  "$@"; echo "second run: $?" >&2
  cp -r $disk/job/. $out
`;

/**
 * Runs a program on a disk that is too small, then again when there is room.
 *
 * @param disk a folder; the program is to keep its job in `job` there
 * @param out where the job is copied in the end
 * @returns what it said
 */
export async function runOnSmallDisk(
  size: string,
  [disk, out]: readonly [string, string],
  program: readonly string[],
): Promise<string> {
  const [command, ...args] = namespaces!;
  const script = ["sh", "-c", SCRIPT, "sh", size, disk, out, process.execPath, ...program];
  const child = spawn(command!, [...args, ...script]);
  const [, err] = await Promise.all([once(child, "close"), text(child.stderr)]);
  return err;
}
