import { outOfRange, wrongType } from "@greenlit/core/blocking-call";

/** A descriptor, as its number or as an object that has one. */
export type FileLike = number | { readonly fd: number } | { fileno(): number };

/**
 * The number of a descriptor.
 * @throws TypeError for what has none; RangeError when it is negative, as that of a closed socket.
 */
export function fileno(file: FileLike): number {
  const fd = numberOf(file);
  if (!Number.isInteger(fd)) {
    throw wrongType("a descriptor", "a number, or an object with fd or fileno()", file);
  }
  if (fd < 0) throw outOfRange("a descriptor", "0 or more", fd);
  return fd;
}

function numberOf(file: FileLike): number {
  if (typeof file !== "object" || file === null) return file;
  if ("fileno" in file && typeof file.fileno === "function") return file.fileno();
  return (file as { fd: number }).fd;
}
