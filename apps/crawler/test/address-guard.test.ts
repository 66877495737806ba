import { describe, expect, it } from "vitest";
import { AddressGuard, isPrivateAddress } from "../src/address-guard.js";

describe("isPrivateAddress", () => {
  it.each([
    ["127.0.0.1", true],
    ["127.9.9.9", true],
    ["10.1.2.3", true],
    ["172.16.0.1", true],
    ["172.32.0.1", false],
    ["192.168.1.1", true],
    ["169.254.169.254", true],
    ["100.64.0.1", true],
    ["0.0.0.0", true],
    ["224.0.0.1", true],
    ["255.255.255.255", true],
    ["8.8.8.8", false],
    ["93.184.216.34", false],
    ["::1", true],
    ["::", true],
    ["fe80::1", true],
    ["fd00::1", true],
    ["::ffff:127.0.0.1", true],
    ["::ffff:10.0.0.1", true],
    ["::ffff:8.8.8.8", false],
    ["2606:2800:220:1:248:1893:25c8:1946", false],
  ])("%s: %s", (address, expected) => {
    expect(isPrivateAddress(address)).toBe(expected);
  });
});

/** The IANA IPv4 and IPv6 special-purpose address registries: the first address and the last. */
const REGISTRIES = [
  ["0.0.0.0", "0.255.255.255"],
  ["10.0.0.0", "10.255.255.255"],
  ["100.64.0.0", "100.127.255.255"],
  ["127.0.0.0", "127.255.255.255"],
  ["169.254.0.0", "169.254.255.255"],
  ["172.16.0.0", "172.31.255.255"],
  ["192.0.0.0", "192.0.0.255"],
  ["192.0.2.0", "192.0.2.255"],
  ["192.31.196.0", "192.31.196.255"],
  ["192.52.193.0", "192.52.193.255"],
  ["192.88.99.0", "192.88.99.255"],
  ["192.168.0.0", "192.168.255.255"],
  ["192.175.48.0", "192.175.48.255"],
  ["198.18.0.0", "198.19.255.255"],
  ["198.51.100.0", "198.51.100.255"],
  ["203.0.113.0", "203.0.113.255"],
  ["224.0.0.0", "239.255.255.255"], // multicast
  ["240.0.0.0", "255.255.255.255"],
  ["::", "::ffff:ffff:0:0"], // with loopback, IPv4-compatible, and what is not assigned
  ["64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"],
  ["100::", "100::ffff:ffff:ffff:ffff"],
  ["100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff"],
  ["2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff"],
  ["3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
] as const;

describe("the special-purpose registries", () => {
  it.each(REGISTRIES)("%s to %s is refused", (first, last) => {
    expect(isPrivateAddress(first)).toBe(true);
    if (first !== "::") expect(isPrivateAddress(last)).toBe(true);
  });

  it.each([
    ["64:ff9b::7f00:1", true],
    ["64:ff9b::10.0.0.1", true],
    ["64:ff9b::169.254.169.254", true],
    ["64:ff9b::8.8.8.8", false],
    ["64:ff9b::1:8.8.8.8", true], // not the well-known prefix
    ["::ffff:169.254.169.254", true],
    ["::ffff:192.0.2.1", true],
    ["::ffff:0:127.0.0.1", true],
    ["::ffff:0:8.8.8.8", true],
    ["::8.8.8.8", true],
    ["2002:7f00:1::", true],
    ["2001:0:1::8.8.8.8", true],
    ["4000::1", true],
    ["2a00:1450:4001:81b::200e", false],
    ["fe80::1%eth0", true],
    ["nonsense", true],
    ["", true],
  ])("%s: %s", (address, expected) => {
    expect(isPrivateAddress(address)).toBe(expected);
  });
});

describe("AddressGuard", () => {
  const refuses = (guard: AddressGuard, url: string): boolean => {
    try {
      guard.check(new URL(url));
      return false;
    } catch (error) {
      expect(error).toMatchObject({ code: "private-address" });
      return true;
    }
  };

  it("refuses private addresses in URLs, in whatever way they are written", () => {
    const guard = new AddressGuard(false);
    for (const host of [
      "127.0.0.1",
      "0x7f.1",
      "2130706433",
      "[::1]",
      "[::ffff:7f00:1]",
      "10.0.0.1",
      "[64:ff9b::7f00:1]",
      "[::127.0.0.1]",
      "[2002:7f00:1::]",
      "0177.0.0.1",
      "127.1",
    ]) {
      expect(refuses(guard, `http://${host}/`), host).toBe(true);
    }
    expect(refuses(guard, "http://93.184.216.34/")).toBe(false);
    expect(refuses(guard, "http://example.org/")).toBe(false);
  });

  it("lets the user's own hosts pass, and no others", () => {
    const guard = new AddressGuard(false);
    guard.allow(new URL("http://127.0.0.1:8080/"));
    guard.allow(new URL("http://[::1]/"));
    expect(refuses(guard, "http://127.0.0.1/")).toBe(false);
    expect(refuses(guard, "http://[::1]:99/")).toBe(false);
    expect(refuses(guard, "http://127.0.0.2/")).toBe(true);
    expect(refuses(new AddressGuard(true), "http://127.0.0.2/")).toBe(false);
  });

  const lookup = (guard: AddressGuard, all: boolean): Promise<unknown> =>
    new Promise((resolve) => {
      guard.lookup("localhost", { all }, (error, address) => resolve(error ?? address));
    });

  it("checks names where they are resolved", async () => {
    const guard = new AddressGuard(false);
    expect(await lookup(guard, true)).toMatchObject({ code: "private-address" });
    expect(await lookup(guard, false)).toMatchObject({ code: "private-address" });
    guard.allow(new URL("http://localhost/"));
    expect(await lookup(guard, true)).toContainEqual({ address: "127.0.0.1", family: 4 });
    expect(["127.0.0.1", "::1"]).toContain(await lookup(guard, false));
  });
});
