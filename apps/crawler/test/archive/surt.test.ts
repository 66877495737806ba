import { expect, it } from "vitest";
import { surt } from "../../src/archive/surt.js";

const SESSION = "0123456789abcdef0123456789abcdef";
const ASP = "0123456789abcdefghijklmn";

// What the Internet Archive's own library makes of them.
it.each([
  ["http://example.org/", "org,example)/"],
  ["https://www.Example.org:443/A/b", "org,example)/a/b"],
  ["http://www2.example.org/", "org,example)/"],
  ["http://wwww.example.org/", "org,example,wwww)/"],
  ["http://user:secret@a.example:8080/", "example,a:8080)/"],
  ["http://127.0.0.1:8080/a", "1,0,0,127:8080)/a"],
  ["http://[::1]/x", "::1)/x"],
  ["http://xn--bcher-kva.example/%C3%BC", "example,xn--bcher-kva)/%c3%bc"],
  ["http://a.example/dir/", "example,a)/dir"],
  ["http://a.example//x//y/", "example,a)/x/y"],
  ["http://a.example/a%2Fb/%7Ec", "example,a)/a/b/~c"],
  ["http://a.example/a%2541", "example,a)/aa"],
  ["http://a.example/a%20b%25", "example,a)/a%20b%25"],
  ["http://a.example/?", "example,a)/"],
  ["http://a.example/?b=2&a=1&b=1&a", "example,a)/?a&a=1&b=1&b=2"],
  ["http://a.example/?Q=A%26B", "example,a)/?b&q=a"],
  [`http://a.example/?a=1&sid=${SESSION}&b=2`, "example,a)/?a=1&b=2"],
  [`http://a.example/?PHPSESSID=${SESSION}`, "example,a)/"],
  ["http://a.example/?cfid=1&cftoken=2&x", "example,a)/?x"],
  [`http://a.example/(S(${ASP}))/p.aspx?x`, "example,a)/p.aspx?x"],
  [`http://a.example/(S(${ASP}))/p.html`, `example,a)/(s(${ASP}))/p.html`],
])("%s is %s", (url, key) => {
  expect(surt(url)).toBe(key);
});

it.each([
  ["escapes of escapes", `http://a.example/%${"25".repeat(200_000)}`],
  ["sessions", `http://a.example/?${"cfid=1&cftoken=".repeat(20_000)}`],
  ["sessions of ASP", `http://a.example/x.aspx${`/(${ASP})`.repeat(10_000)}`],
  ["queries", `http://a.example/?${"sid=".repeat(100_000)}`],
  ["pairs", `http://a.example/?${"a&".repeat(100_000)}`],
])("takes no time for many %s", (_, url) => {
  const began = performance.now();
  surt(url);
  expect(performance.now() - began).toBeLessThan(2_000);
});
