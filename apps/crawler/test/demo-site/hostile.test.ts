import { describe, expect, it } from "vitest";
import { HOSTILE, SLOPPY } from "../../src/demo-site/hostile.js";

describe("the hostile pages", () => {
  it("have different paths, in folders of their own", () => {
    for (const path of Object.keys(HOSTILE)) expect(path).toMatch(/^\/hostile\//);
    for (const path of Object.keys(SLOPPY)) expect(path).toMatch(/^\/sloppy\//);
  });

  it("are all that a redirect or a circle leads to", () => {
    for (const { route, outcome } of Object.values(HOSTILE)) {
      if (route.kind !== "redirect" || outcome === "bad-redirect") continue;
      expect(HOSTILE).toHaveProperty([route.location]);
    }
  });
});
