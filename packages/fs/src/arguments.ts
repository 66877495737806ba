/**
 * Where the arguments of a blocking function are not simply those of its callback form. Read in
 * lib/fs.js of Node 20 to 26: the callback forms of read and write tell their overloads apart by
 * counting arguments, so padding would choose the wrong one.
 */

/** `readSync(fd, buffer, offset, length, position)` or `readSync(fd, buffer, options)`. */
export function arrangeRead(args: readonly unknown[]): unknown[] {
  const [fd, buffer, offset, length, position] = args;
  const byOptions = args.length <= 3 || (offset !== null && typeof offset === "object");
  return byOptions ? [fd, buffer, offset ?? {}] : [fd, buffer, offset, length, position];
}

/**
 * `writeSync(fd, buffer, offset, length, position)`, `(fd, buffer, options)` or `(fd, string,
 * position, encoding)`.
 */
export function arrangeWrite(args: readonly unknown[]): unknown[] {
  const [fd, data, offset, length, position] = args;
  return typeof data === "string"
    ? [fd, data, offset, length]
    : [fd, data, offset, length, position];
}
