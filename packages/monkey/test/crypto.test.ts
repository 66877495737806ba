import crypto, { createSecretKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { noSwitch } from "@greenlit/core";
import { green } from "@greenlit/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { patchAll, unpatchAll } from "../src/index.js";
import { itIsAsNodes, type Row } from "./as-nodes.js";

type Crypto = typeof crypto;

const MUCH = Buffer.alloc(200_000, "much");
const KINDS = {
  rsa: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  "rsa-pss": generateKeyPairSync("rsa-pss", { modulusLength: 2048 }),
  ed25519: generateKeyPairSync("ed25519"),
  ed448: generateKeyPairSync("ed448"),
  "P-256": generateKeyPairSync("ec", { namedCurve: "P-256" }),
  "P-521": generateKeyPairSync("ec", { namedCurve: "P-521" }),
};
const wrong = (what: string, call: (c: Crypto) => unknown): Row<Crypto> => [`wrong: ${what}`, call];
/** For what is different every time. */
const kind = (key: KeyObject): unknown => [key.type, key.asymmetricKeyType, key.symmetricKeySize];
const pem = { type: "spki", format: "pem" } as const;
const der = { type: "pkcs8", format: "der" } as const;

const ROWS: Row<Crypto>[] = [
  ["scryptSync", (c) => c.scryptSync("password", "salt", 32)],
  ["scryptSync of nothing", (c) => c.scryptSync("", "", 0)],
  ["scryptSync, cheap", (c) => c.scryptSync("password", MUCH, 64, { N: 2, r: 1, p: 1 })],
  [
    "scryptSync with long names",
    (c) => c.scryptSync(MUCH, "salt", 8, { cost: 1024, blockSize: 4 }),
  ],
  ["scryptSync with undefined", (c) => c.scryptSync("password", "salt", 8, undefined)],
  wrong("scrypt password", (c) => c.scryptSync(1 as never, "salt", 8)),
  wrong("scrypt length", (c) => c.scryptSync("password", "salt", -1)),
  wrong("scrypt N", (c) => c.scryptSync("password", "salt", 8, { N: 1000 })),
  wrong("scrypt two names", (c) => c.scryptSync("password", "salt", 8, { N: 1024, cost: 1024 })),
  wrong("scrypt memory", (c) => c.scryptSync("password", "salt", 8, { N: 2 ** 20 })),
  wrong("scrypt options null", (c) => c.scryptSync("password", "salt", 8, null as never)),
  wrong("scrypt options", (c) => c.scryptSync("password", "salt", 8, (() => {}) as never)),
  wrong("scrypt nothing", (c) => c.scryptSync(...([] as unknown as ["", "", 1]))),

  ["pbkdf2Sync", (c) => c.pbkdf2Sync("password", "salt", 1000, 64, "sha512")],
  ["pbkdf2Sync, once", (c) => c.pbkdf2Sync("password", "salt", 1, 64, "sha1")],
  wrong("pbkdf2 digest", (c) => c.pbkdf2Sync("password", "salt", 1000, 64, "none")),
  wrong("pbkdf2 digest, once", (c) => c.pbkdf2Sync("password", "salt", 1, 64, "none")),
  wrong("pbkdf2 no digest", (c) => c.pbkdf2Sync("password", "salt", 1000, 64, undefined as never)),
  wrong("pbkdf2 function", (c) => c.pbkdf2Sync("password", "salt", 1000, 64, (() => {}) as never)),
  wrong("pbkdf2 iterations", (c) => c.pbkdf2Sync("password", "salt", 0, 64, "sha1")),
  wrong("pbkdf2 length", (c) => c.pbkdf2Sync("password", "salt", 1000, 2 ** 40, "sha1")),

  ["hkdfSync", (c) => c.hkdfSync("sha256", "key", "salt", "info", 64)],
  ["hkdfSync of much", (c) => c.hkdfSync("sha256", MUCH, "salt", "info", 64)],
  ["hkdfSync of a key", (c) => c.hkdfSync("sha256", createSecretKey(MUCH), MUCH, "", 64)],
  wrong("hkdf digest", (c) => c.hkdfSync("none", MUCH, "salt", "info", 64)),
  wrong("hkdf length", (c) => c.hkdfSync("sha256", MUCH, "salt", "info", 2 ** 20)),
  wrong("hkdf salt", (c) => c.hkdfSync("sha256", MUCH, 1 as never, "info", 64)),
  wrong("hkdf info", (c) => c.hkdfSync("sha256", "key", "salt", MUCH, 64)),

  ["randomBytes", (c) => c.randomBytes(10).length],
  ["randomBytes of many", (c) => c.randomBytes(200_000).length],
  ["randomBytes with a callback", (c) => c.randomBytes(200_000, () => {})],
  wrong("randomBytes size", (c) => c.randomBytes(-1)),
  wrong("randomBytes too many", (c) => c.randomBytes(2 ** 40)),
  wrong("randomBytes text", (c) => c.randomBytes("200000" as never)),
  wrong("randomBytes callback", (c) => c.randomBytes(10, 1 as never)),
  ["randomFillSync", (c) => filled(c, new Uint8Array(10))],
  ["randomFillSync of many", (c) => filled(c, new Uint32Array(100_000))],
  ["randomFillSync of a buffer", (c) => filled(c, new ArrayBuffer(200_000))],
  ["randomFillSync from an offset", (c) => filled(c, Buffer.alloc(200_000), 100_000)],
  ["randomFillSync of a part", (c) => filled(c, Buffer.alloc(200_000), 100_000, 50_000)],
  ["randomFillSync of nothing", (c) => filled(c, Buffer.alloc(200_000), 100_000, 0)],
  wrong("randomFill offset", (c) => c.randomFillSync(Buffer.alloc(200_000), 300_000)),
  wrong("randomFill size", (c) => c.randomFillSync(Buffer.alloc(200_000), 1, 200_000)),
  wrong("randomFill null offset", (c) => c.randomFillSync(Buffer.alloc(200_000), null as never)),
  wrong("randomFill array", (c) => c.randomFillSync([] as never)),

  ["generateKeyPairSync", (c) => pair(c, "rsa", { modulusLength: 1024 })],
  ["generateKeyPairSync, quick", (c) => pair(c, "ed25519")],
  ["generateKeyPairSync, slow", (c) => pair(c, "ed448", {})],
  [
    "generateKeyPairSync with encodings",
    (c) => {
      const options = { modulusLength: 1024, publicKeyEncoding: pem, privateKeyEncoding: der };
      const { publicKey, privateKey } = c.generateKeyPairSync("rsa", options);
      return [publicKey.slice(0, 27), privateKey.subarray(0, 2)];
    },
  ],
  wrong("key pair type", (c) => c.generateKeyPairSync("none" as never)),
  wrong("key pair options", (c) => c.generateKeyPairSync("rsa", undefined as never)),
  wrong("key pair function", (c) => c.generateKeyPairSync("rsa", (() => {}) as never)),
  wrong("key pair curve", (c) => c.generateKeyPairSync("ec", { namedCurve: "none" })),
  wrong("key pair length", (c) => c.generateKeyPairSync("rsa", { modulusLength: 2 })),
  ["generateKeySync", (c) => kind(c.generateKeySync("hmac", { length: 64 }))],
  ["generateKeySync, long", (c) => kind(c.generateKeySync("hmac", { length: 2_000_000 }))],
  ["generateKeySync, aes", (c) => kind(c.generateKeySync("aes", { length: 128 }))],
  wrong("key length", (c) => c.generateKeySync("aes", { length: 2_000_000 as never })),
  wrong("key options", (c) => c.generateKeySync("hmac", null as never)),
  wrong("key type", (c) => c.generateKeySync("none" as never, { length: 2_000_000 })),

  ["generatePrimeSync", (c) => c.generatePrimeSync(64).byteLength],
  [
    "generatePrimeSync of undefined",
    (c) => (c.generatePrimeSync(64, undefined as never) as unknown as ArrayBuffer).byteLength,
  ],
  ["generatePrimeSync, bigint", (c) => typeof c.generatePrimeSync(64, { bigint: true })],
  [
    "generatePrimeSync with a remainder",
    (c) => c.generatePrimeSync(3, { add: 8n, rem: 7n, bigint: true }),
  ],
  wrong("prime size", (c) => c.generatePrimeSync(0)),
  wrong("prime options", (c) => c.generatePrimeSync(64, 1 as never)),
  wrong("prime add", (c) => c.generatePrimeSync(8, { add: 2n ** 20n })),
  [
    "checkPrimeSync",
    (c) => [c.checkPrimeSync(2n ** 127n - 1n), c.checkPrimeSync(Buffer.from([9]))],
  ],
  ["checkPrimeSync with checks", (c) => c.checkPrimeSync(97n, { checks: 10 })],
  wrong("candidate", (c) => c.checkPrimeSync(-1n)),
  wrong("candidate text", (c) => c.checkPrimeSync("97" as never)),
  wrong("checks", (c) => c.checkPrimeSync(97n, { checks: -1 })),

  ...Object.entries(KINDS).flatMap(([name, { publicKey, privateKey }]): Row<Crypto>[] => {
    const hash = name.startsWith("ed") ? null : "sha256";
    const text = privateKey.export({ type: "pkcs8", format: "pem" });
    return ["little", MUCH].flatMap((data): Row<Crypto>[] => {
      const bytes = Buffer.from(data);
      const signature = crypto.sign(hash, bytes, privateKey);
      const title = `${name}, ${bytes.length} bytes`;
      return [
        [
          `sign: ${title}`,
          (c) => c.verify(hash, bytes, publicKey, c.sign(hash, bytes, privateKey)),
        ],
        [`sign by text: ${title}`, (c) => c.sign(hash, bytes, text).length > 40],
        [`verify: ${title}`, (c) => c.verify(hash, bytes, publicKey, signature)],
        [`verify by text: ${title}`, (c) => c.verify(hash, bytes, text, signature)],
        [`verify another: ${title}`, (c) => c.verify(hash, Buffer.from("x"), publicKey, signature)],
        [`verify junk: ${title}`, (c) => c.verify(hash, bytes, publicKey, Buffer.from("junk"))],
        wrong(`sign with the public key: ${title}`, (c) => c.sign(hash, bytes, publicKey)),
        wrong(`sign with a wrong hash: ${title}`, (c) => c.sign("none", bytes, privateKey)),
      ];
    });
  }),
  [
    "sign with options",
    (c) => {
      const { publicKey, privateKey } = KINDS["P-521"];
      const dsaEncoding = "ieee-p1363";
      const signature = c.sign("sha256", MUCH, { key: privateKey, dsaEncoding });
      return [
        signature.length,
        c.verify("sha256", MUCH, { key: publicKey, dsaEncoding }, signature),
      ];
    },
  ],
  ["sign with a callback", (c) => c.sign("sha256", MUCH, KINDS.rsa.privateKey, () => {})],
  wrong("sign without a key", (c) => c.sign("sha256", MUCH, undefined as never)),
  wrong("sign with a wrong key", (c) => c.sign("sha256", MUCH, "no key")),
  wrong("sign no data", (c) => c.sign("sha256", 1 as never, KINDS.rsa.privateKey)),
  wrong("sign with a wrong padding", (c) =>
    c.sign("sha256", MUCH, { key: KINDS.rsa.privateKey, padding: 77 }),
  ),
  wrong("verify no signature", (c) =>
    c.verify("sha256", MUCH, KINDS.rsa.publicKey, undefined as never),
  ),
];
if ("argon2Sync" in crypto) {
  const options = { message: "m", nonce: "12345678", parallelism: 1, tagLength: 8, passes: 1 };
  const argon2 = (more: object) => (c: Crypto) =>
    (c as never as { argon2Sync: (...args: unknown[]) => unknown }).argon2Sync("argon2id", {
      ...options,
      ...more,
    });
  ROWS.push(["argon2Sync", argon2({ memory: 64 })], wrong("argon2 memory", argon2({ memory: 0 })));
}

/** Whether it has been filled where it should be, and only there; and that it is the same. */
function filled(
  c: Crypto,
  buffer: NodeJS.ArrayBufferView | ArrayBuffer,
  ...range: [offset?: number, size?: number]
): unknown {
  const result = c.randomFillSync(buffer as Buffer, ...range);
  const { buffer: memory = buffer as ArrayBuffer } = result;
  const bytes = new Uint8Array(memory as ArrayBuffer);
  const quarters = [0, 1, 2, 3].map((i) =>
    bytes.subarray((i * bytes.length) / 4, ((i + 1) * bytes.length) / 4).some((byte) => byte !== 0),
  );
  return [(result as unknown) === buffer, bytes.length > 20 ? quarters : []];
}

function pair(c: Crypto, type: string, options?: object): unknown {
  const { publicKey, privateKey, ...more } = c.generateKeyPairSync(type as "rsa", options as never);
  return [kind(publicKey as never), kind(privateKey as never), more];
}

describe("in a greenlet, as in Node", () => {
  itIsAsNodes("crypto", crypto, ROWS);
});

describe("crypto", () => {
  beforeEach(patchAll);
  afterEach(unpatchAll);

  const { privateKey, publicKey } = KINDS["P-521"];
  const signature = crypto.sign("sha256", MUCH, privateKey);
  const SWITCHES: Row<Crypto>[] = [
    ["scryptSync", (c) => c.scryptSync("", "", 8)],
    ["pbkdf2Sync", (c) => c.pbkdf2Sync("", "", 1000, 8, "sha1")],
    ["hkdfSync", (c) => c.hkdfSync("sha1", MUCH, "", "", 8)],
    ["randomBytes", (c) => c.randomBytes(200_000)],
    ["randomFillSync", (c) => c.randomFillSync(Buffer.alloc(200_000))],
    ["generateKeyPairSync", (c) => c.generateKeyPairSync("rsa", { modulusLength: 1024 })],
    ["generateKeySync", (c) => c.generateKeySync("hmac", { length: 2_000_000 })],
    ["generatePrimeSync", (c) => c.generatePrimeSync(64)],
    ["checkPrimeSync", (c) => c.checkPrimeSync(97n)],
    ["sign", (c) => c.sign("sha256", MUCH, privateKey)],
    ["verify", (c) => c.verify("sha256", MUCH, publicKey, signature)],
  ];
  it.each(SWITCHES)("%s lets others run", (_, call) =>
    green(() => {
      expect(() => noSwitch(() => call(crypto))).toThrow(/would switch, inside noSwitch/);
    })(),
  );

  it(
    "what takes no time does not let others run",
    green(() => {
      noSwitch(() => {
        crypto.randomBytes(16);
        crypto.hkdfSync("sha1", "key", "", "", 8);
        crypto.verify("sha256", Buffer.from("x"), KINDS.rsa.publicKey, signature);
      });
    }),
  );
});
