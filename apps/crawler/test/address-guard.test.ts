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
