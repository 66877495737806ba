import { expect, it } from "vitest";
import { Access, isNamedHere } from "../../src/dashboard/access.js";

const request = (headers: Record<string, string>): never =>
  ({ headers: new Headers(headers) }) as never;

it("lets in who has the token, and nobody else", () => {
  const access = new Access();
  const says = (authorization: string): boolean => access.allows(request({ authorization }));
  expect(access.token).toMatch(/^[\w-]{24}$/);
  expect(says(`Bearer ${access.token}`)).toBe(true);
  expect(says(`Bearer ${new Access().token}`)).toBe(false);
  expect(says(access.token)).toBe(false);
  expect(says(`Bearer ${access.token} `.repeat(2))).toBe(false);
  expect(says("Bearer ")).toBe(false);
  expect(access.allows(request({}))).toBe(false);
});

it.each([
  ["127.0.0.1:80", true],
  ["localhost:80", true],
  ["127.0.0.1:81", false],
  ["127.0.0.1", false],
  ["evil.example:80", false],
  ["127.0.0.1.evil.example:80", false],
  ["", false],
])("a request to %s", (host, isHere) => {
  expect(isNamedHere(request({ host }), 80)).toBe(isHere);
});
