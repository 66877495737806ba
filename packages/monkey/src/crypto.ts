import nodeCrypto, { type KeyObject } from "node:crypto";
import type { Ledger } from "@greenlit/core/ledger";
import { lengthOf, pooled, type PoolForm } from "./pooled.js";
import { type AnyFunction, shim } from "./shim.js";

type Crypto = Record<string, AnyFunction | undefined>;

/**
 * The least number of bytes to be hashed, or to be made at random, that is worth leaving the
 * thread for: it costs 0.03 ms, and 128 KB take three times as long.
 */
const BYTES = 128 * 1024;
/** The least rounds of scrypt: `N * r * p`, by default 131,072. They take 0.1 ms. */
const SCRYPT = 512;
/** The least rounds of pbkdf2, with 32 bytes at a time. They take 0.1 ms. */
const PBKDF2 = 256;

const FORMS: Readonly<Record<string, (callback: AnyFunction) => Omit<PoolForm, "failsAtOnce">>> = {
  argon2Sync: (argon2) => ({ start: passing(argon2, 2), stays: never }),
  checkPrimeSync: (checkPrime) => ({ start: passing(checkPrime, 2), stays: never }),
  generateKeyPairSync: (generateKeyPair) => ({
    start: ([type, options], done) =>
      apply(generateKeyPair, [
        type,
        options,
        (error: Error | null, publicKey: unknown, privateKey: unknown) =>
          done(error, { publicKey, privateKey }),
      ]),
    stays: ([type]) => type === "ed25519" || type === "x25519",
  }),
  generateKeySync: (generateKey) => ({
    start: passing(generateKey, 2),
    stays: ([, options]) => !((options as { length: number }).length >= 8 * BYTES),
  }),
  generatePrimeSync: (generatePrime) => ({
    start: ([size, options = {}], done) => apply(generatePrime, [size, options, done]),
    stays: never,
  }),
  hkdfSync: (hkdf) => ({
    start: passing(hkdf, 5),
    stays: ([, key, salt, info]) => !(lengthOf(key) + lengthOf(salt) + lengthOf(info) >= BYTES),
  }),
  pbkdf2Sync: (pbkdf2) => ({
    start: passing(pbkdf2, 5),
    stays: ([, , iterations, length]) =>
      (iterations as number) * Math.max(1, (length as number) / 32) < PBKDF2,
  }),
  randomBytes: (randomBytes) => ({
    start: passing(randomBytes, 1),
    // With a callback it is asynchronous already.
    stays: ([size, callback]) => callback !== undefined || !((size as number) >= BYTES),
  }),
  randomFillSync: (randomFill) => ({
    start: ([buffer, offset = 0, size], done) =>
      apply(randomFill, size === undefined ? [buffer, offset, done] : [buffer, offset, size, done]),
    stays: ([buffer]) => !(lengthOf(buffer) >= BYTES),
  }),
  scryptSync: (scrypt) => ({
    start: passing(scrypt, 4),
    stays: ([, , , options]) => {
      const { N, cost = N, r, blockSize = r, p, parallelization = p } = (options ?? {}) as Costs;
      return (cost || 16_384) * (blockSize || 8) * (parallelization || 1) < SCRYPT;
    },
  }),
  sign: (sign) => ({
    start: passing(sign, 3),
    stays: ([, data, key, callback]) =>
      callback !== undefined || (lengthOf(data) < BYTES && isQuick(key, ["ed25519", "prime256v1"])),
  }),
  verify: (verify) => ({
    start: passing(verify, 4),
    stays: ([, data, key, , callback]) =>
      callback !== undefined ||
      (lengthOf(data) < BYTES && isQuick(key, ["ed25519", "prime256v1", "rsa", "rsa-pss"])),
  }),
};

type Costs = Partial<
  Record<"N" | "cost" | "r" | "blockSize" | "p" | "parallelization", number | undefined>
>;

/** The functions of `crypto` that take long, and have an asynchronous form in this Node. */
export function patchCrypto(ledger: Ledger): void {
  const crypto = nodeCrypto as unknown as Crypto;
  for (const [name, formOf] of Object.entries(FORMS)) {
    const nodes = crypto[name];
    const callback = crypto[name.replace(/Sync$/, "")];
    if (nodes === undefined || callback === undefined) continue;
    const { start, stays } = formOf(callback);
    const green = pooled(`crypto.${name}`, nodes, {
      start,
      // The asynchronous form could take a function for its callback.
      stays: (args) => args.some((one) => typeof one === "function") || stays(args),
      failsAtOnce: true,
    });
    ledger.put("patch", "crypto", name, crypto, shim(nodes, green));
  }
}

function never(): boolean {
  return false;
}

function apply(fn: AnyFunction, args: readonly unknown[]): unknown {
  return Reflect.apply(fn, undefined, args);
}

/** The asynchronous form takes the same arguments, `arity` of them, and then its callback. */
function passing(fn: AnyFunction, arity: number): PoolForm["start"] {
  return (args, done) => {
    const given = Array.from({ length: arity }, (_, i) => args[i]);
    return apply(fn, [...given, done]);
  };
}

/** Whether the key is of a kind that is used in less time than leaving the thread takes. */
function isQuick(key: unknown, kinds: readonly string[]): boolean {
  const { asymmetricKeyType: type = "", asymmetricKeyDetails: details } = key as KeyObject;
  return kinds.includes(type) || kinds.includes(details?.namedCurve ?? "");
}
