import { GreenlitError } from "@greenlit/core";
import { placeHere } from "@greenlit/core/blocking-call";
import { getSystemErrorMap, getSystemErrorName } from "node:util";
import type { Address } from "./address.js";
import type { BackendName } from "./backend.js";

/** The descriptor was closed by this side, perhaps while the call was waiting. */
export class DescriptorClosedError extends GreenlitError {
  static readonly code = "ERR_GREENLIT_DESCRIPTOR_CLOSED";
  declare readonly code: typeof DescriptorClosedError.code;

  constructor(message = "the descriptor is closed") {
    super(DescriptorClosedError.code, message);
  }
}

/** `select` cannot take in a descriptor, because its number is too high. */
export class DescriptorLimitError extends GreenlitError {
  static readonly code = "ERR_GREENLIT_DESCRIPTOR_LIMIT";
  declare readonly code: typeof DescriptorLimitError.code;
  /** Its number; null: that of the loop of this thread, which was started late. */
  readonly fd: number | null;

  constructor(fd: number | null) {
    super(
      DescriptorLimitError.code,
      `select cannot wait for ${fd === null ? "the loop of this thread" : `descriptor ${fd}`}: it takes only those below FD_SETSIZE, which is ` +
        "1024. Use another backend, such as GREENLIT_BACKEND=poll, or keep fewer descriptors open",
    );
    this.fd = fd;
  }
}

/** What the system has of a backend. */
export interface Availability {
  readonly name: BackendName;
  /** Why it cannot be used here; null when it can. */
  readonly reason: string | null;
}

/** The backend that was asked for cannot be used here. */
export class BackendUnavailableError extends GreenlitError {
  static readonly code = "ERR_GREENLIT_BACKEND_UNAVAILABLE";
  declare readonly code: typeof BackendUnavailableError.code;
  /** Every backend, with the reason where it cannot be used. */
  readonly backends: readonly Availability[];

  constructor(name: BackendName, backends: readonly Availability[]) {
    const reason = backends.find((one) => one.name === name)?.reason ?? "it has failed";
    const usable = backends.filter((one) => one.reason === null).map((one) => one.name);
    const instead = usable.length > 0 ? `Usable: ${usable.join(", ")}` : "None is usable";
    super(
      BackendUnavailableError.code,
      `the backend ${name} cannot be used here: ${reason}. ${instead}`,
    );
    this.backends = backends;
  }
}

/**
 * The error of a system call, in Node's shape: `connect ECONNREFUSED 127.0.0.1:80`, with the stack
 * of the blocking caller.
 * @param result what the call returned: the negated number of the error.
 */
export function systemError(
  syscall: string,
  result: number,
  address?: Address | null,
): NodeJS.ErrnoException {
  const code = getSystemErrorName(result);
  const where = address === undefined || address === null ? {} : placeOf(address);
  const at =
    "address" in where ? ` ${where.address}${"port" in where ? `:${where.port}` : ""}` : "";
  const error = new Error(`${syscall} ${code}${at}`) as NodeJS.ErrnoException;
  // Node's order.
  return placeHere(Object.assign(error, { errno: result, code, syscall, ...where }));
}

/**
 * The error of a system call on a file, in Node's shape: `ENOENT: no such file or directory, open
 * '/x'`, with the stack of the blocking caller.
 */
export function fileError(
  syscall: string,
  result: number,
  path?: string | Uint8Array,
): NodeJS.ErrnoException {
  const [code, text] = getSystemErrorMap().get(result) ?? [`E${-result}`, "unknown error"];
  const name = typeof path === "string" || path === undefined ? path : Buffer.from(path).toString();
  const at = name === undefined ? "" : ` '${name}'`;
  const error = new Error(`${code}: ${text}, ${syscall}${at}`) as NodeJS.ErrnoException;
  const where = name === undefined ? {} : { path: name };
  return placeHere(Object.assign(error, { errno: result, code, syscall, ...where }));
}

/** As Node puts it into errors. */
function placeOf(address: Address): { address: string; port?: number } {
  if ("path" in address) return { address: address.path };
  return { address: address.address, port: address.port };
}
