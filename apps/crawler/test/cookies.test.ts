import { describe, expect, it } from "vitest";
import { Cookies } from "../src/cookies.js";

const HOME = new URL("https://www.example.org/dir/page");

function after(...setCookies: string[]): Cookies {
  const cookies = new Cookies();
  cookies.store(HOME, setCookies);
  return cookies;
}

const sent = (cookies: Cookies, url: string): string => cookies.header(new URL(url));

describe("Cookies", () => {
  it("sends back what the site set, and to that site only", () => {
    const cookies = after(
      "a=1",
      "b=2; Domain=example.org; Path=/",
      "c=3; Domain=org",
      "d=4; Domain=other.example",
    );
    expect(sent(cookies, "https://www.example.org/dir/x")).toBe("a=1; b=2");
    expect(sent(cookies, "https://shop.example.org/")).toBe("b=2");
    expect(sent(cookies, "https://other.example/")).toBe("");
  });

  it("keeps to paths, schemes and ages", () => {
    const cookies = after(
      "a=1; Path=/dir",
      "b=2; Secure; Path=/",
      "c=3; Max-Age=0",
      "d=4; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    );
    expect(sent(cookies, "https://www.example.org/dir")).toBe("a=1; b=2");
    expect(sent(cookies, "http://www.example.org/dir")).toBe("a=1");
    expect(sent(cookies, "https://www.example.org/")).toBe("b=2");
  });

  it("forgets what is taken back", () => {
    const cookies = after("a=1; Path=/");
    cookies.store(HOME, ["a=; Path=/; Max-Age=0"]);
    expect(sent(cookies, HOME.href)).toBe("");
  });

  it("does not mind what is no cookie, and sends no endless header", () => {
    const junk = ["", "=", ";;;", "\u0000", "x".repeat(100_000), "a=1; Expires=nonsense; Path=/"];
    expect(() => after(...junk)).not.toThrow();
    const many = Array.from({ length: 100 }, (_, i) => `c${i}=${"x".repeat(1_000)}; Path=/`);
    expect(sent(after(...many), HOME.href)).toBe("");
  });

  it("works for addresses, too", () => {
    const cookies = new Cookies();
    for (const url of ["http://127.0.0.1:8080/", "http://[::1]/"].map((href) => new URL(href))) {
      cookies.store(url, ["a=1"]);
      expect(cookies.header(url)).toBe("a=1");
    }
    expect(sent(cookies, "http://127.0.0.2/")).toBe("");
  });

  it("tells a later run what it has, which is not to spoil what that was given", () => {
    const before = after("a=1; Path=/", "gone=1; Path=/; Max-Age=0");
    before.store(new URL("http://other.example/"), ["b=1; Path=/"]);
    const learnt = JSON.parse(JSON.stringify(before.learnt())) as ReturnType<Cookies["learnt"]>;
    const later = new Cookies();
    later.store(new URL("http://other.example/"), ["b=2; Path=/"]);
    later.relearn(learnt);
    expect(sent(later, HOME.href)).toBe("a=1");
    expect(sent(later, "http://other.example/")).toBe("b=2");
    expect(new Cookies().learnt()).toEqual([]);

    before.store(HOME, ["a=2; Path=/"]);
    expect(JSON.stringify(before.learnt())).toContain('"value":"2"');
    for (let i = 0; i < 2_000; i++) {
      before.store(new URL(`http://site-${i}.example/`), [`c=${i}; Path=/`]);
    }
    expect(before.learnt()).toHaveLength(500);
    expect(before.learnt().at(-1)![0]).toBe("site-1999.example");
  });
});
