// Dependency trees as npm, pnpm, workspaces and bundlers make them.
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Copies, findCopies, warnOfCopies } from "../dist/doctor-copies.js";

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "greenlit-doctor-")));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Puts a package into a folder; returns that folder. */
function install(at: string, name: string, version = "1.0.0"): string {
  const path = join(root, at);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "package.json"), JSON.stringify({ name, version }));
  return path;
}

function link(at: string, target: string): void {
  mkdirSync(dirname(join(root, at)), { recursive: true });
  symlinkSync(join(root, target), join(root, at), "dir");
}

function file(at: string, text: string): string {
  mkdirSync(dirname(join(root, at)), { recursive: true });
  writeFileSync(join(root, at), text);
  return join(root, at);
}

/** The copies of a package that are found from a folder, below root. */
function found(name: string, from = "", most?: number): string[] {
  return findCopies(join(root, from), most)
    .packages.filter((copy) => copy.name === name)
    .map(({ version, path }) => `${version} ${path.slice(root.length + 1)}`)
    .sort();
}

const warnings = (from = "", own = join(root, "node_modules/@greenlit/switcher")): string =>
  warnOfCopies(findCopies(join(root, from)), own).join("\n\n");

const PREBUILDS = `prebuilds/${process.platform}-${process.arch}`;
const ABI = `node.abi${process.versions.modules}.glibc.node`;
const NATIVE = "\0greenlit_switcher\0";

it("one of each is as it should be", () => {
  install("", "app");
  install("node_modules/@greenlit/core", "@greenlit/core");
  install("node_modules/@greenlit/switcher", "@greenlit/switcher");
  file(`node_modules/@greenlit/switcher/${PREBUILDS}/${ABI}`, NATIVE);
  file(`node_modules/@greenlit/switcher/${PREBUILDS}/node.abi1.glibc.node`, NATIVE);
  expect(found("@greenlit/core")).toEqual(["1.0.0 node_modules/@greenlit/core"]);
  expect(warnings()).toBe("");
});

it("a nested second copy is named with versions, paths, and what follows", () => {
  const outer = install("node_modules/@greenlit/core", "@greenlit/core", "1.2.0");
  install("node_modules/lib", "lib");
  install("node_modules/lib/node_modules/deeper", "deeper");
  const inner = install(
    "node_modules/lib/node_modules/deeper/node_modules/@greenlit/core",
    "@greenlit/core",
    "1.1.0",
  );
  const text = warnings();
  expect(text).toMatch(/^2 copies of @greenlit\/core/);
  expect(text).toContain(`  1.2.0  ${outer}\n`);
  expect(text).toContain(`  1.1.0  ${inner}\n`);
  expect(text).toMatch(/versions differ/);
  expect(text).toMatch(/npm dedupe/);
});

it("copies of the same version are copies too, and their versions do not differ", () => {
  install("node_modules/@greenlit/switcher", "@greenlit/switcher");
  install("node_modules/lib/node_modules/@greenlit/switcher", "@greenlit/switcher");
  install("node_modules/lib", "lib");
  expect(warnings()).toMatch(/^2 copies of @greenlit\/switcher/);
  expect(warnings()).not.toMatch(/versions differ/);
});

it("an alias is known by what its package.json says", () => {
  install("node_modules/@greenlit/core", "@greenlit/core", "2.0.0");
  install("node_modules/old-core", "@greenlit/core");
  expect(found("@greenlit/core")).toEqual([
    "1.0.0 node_modules/old-core",
    "2.0.0 node_modules/@greenlit/core",
  ]);
});

describe("pnpm", () => {
  const store = (at: string): string => `node_modules/.pnpm/${at}`;
  beforeEach(() => {
    for (const version of ["1.0.0", "1.1.0"]) {
      install(
        store(`@greenlit+core@${version}/node_modules/@greenlit/core`),
        "@greenlit/core",
        version,
      );
    }
    install(store("lib@1.0.0/node_modules/lib"), "lib");
    link("node_modules/lib", store("lib@1.0.0/node_modules/lib"));
    link("node_modules/@greenlit/core", store("@greenlit+core@1.1.0/node_modules/@greenlit/core"));
  });

  it("links that lead to one are one; what nobody links to is none", () => {
    link(
      store("lib@1.0.0/node_modules/@greenlit/core"),
      store("@greenlit+core@1.1.0/node_modules/@greenlit/core"),
    );
    expect(found("@greenlit/core")).toEqual([
      `1.1.0 ${store("@greenlit+core@1.1.0/node_modules/@greenlit/core")}`,
    ]);
    expect(found("@greenlit/core", "node_modules/lib")).toHaveLength(1);
  });

  it("a second one beside a dependency is found", () => {
    link(
      store("lib@1.0.0/node_modules/@greenlit/core"),
      store("@greenlit+core@1.0.0/node_modules/@greenlit/core"),
    );
    expect(found("@greenlit/core").map((text) => text.slice(0, 5))).toEqual(["1.0.0", "1.1.0"]);
  });
});

it("workspaces and the folders above are searched, as Node does", () => {
  install("node_modules/@greenlit/core", "@greenlit/core", "1.0.0");
  install("packages/a", "a");
  install("packages/b", "b");
  install("packages/b/node_modules/@greenlit/core", "@greenlit/core", "2.0.0");
  link("node_modules/a", "packages/a");
  link("node_modules/b", "packages/b");
  for (const from of ["", "packages/a", "packages/b"]) {
    expect(found("@greenlit/core", from), from).toHaveLength(2);
  }
});

it("cycles, broken links, files and packages that cannot be read are passed over", () => {
  install("node_modules/a", "a");
  install("node_modules/@greenlit/core", "@greenlit/core");
  link("node_modules/a/node_modules/b", "node_modules/a");
  link("node_modules/a/node_modules/c", "node_modules");
  link("node_modules/gone", "nowhere");
  link("node_modules/itself", "node_modules/itself");
  file("node_modules/a-file", "");
  file("node_modules/broken/package.json", "{");
  file("node_modules/nothing/package.json", "null");
  file("node_modules/list/package.json", `[{ "name": 1 }]`);
  mkdirSync(join(root, "node_modules/empty"));
  expect(found("@greenlit/core")).toEqual(["1.0.0 node_modules/@greenlit/core"]);
});

it("a link to node_modules itself is followed once", () => {
  install("elsewhere/@greenlit/core", "@greenlit/core");
  link("node_modules", "elsewhere");
  link("sub/node_modules", "elsewhere");
  expect(found("@greenlit/core", "sub")).toEqual(["1.0.0 elsewhere/@greenlit/core"]);
});

it("stops at a bound, and says so", () => {
  for (let i = 0; i < 20; i++) install(`node_modules/p${i}`, `p${i}`);
  install("node_modules/zz", "@greenlit/core");
  expect(found("@greenlit/core", "", 10)).toEqual([]);
  const copies = findCopies(root, 10);
  expect(warnOfCopies(copies, root).join()).toContain("only 10 packages were looked at");
  expect(findCopies(root, 22).unseen).toBeNull();
});

it("says that it does not look into Yarn's Plug'n'Play", () => {
  file(".pnp.cjs", "");
  mkdirSync(join(root, "sub"));
  expect(warnings("sub")).toContain(join(root, ".pnp.cjs"));
});

describe("native parts", () => {
  it("outside the package are named, whatever they are called", () => {
    install("", "app", "3.0.0");
    install("node_modules/@greenlit/switcher", "@greenlit/switcher");
    file(`node_modules/@greenlit/switcher/${PREBUILDS}/${ABI}`, NATIVE);
    const bundled = file("dist/node-AB12CD.node", NATIVE);
    install("node_modules/tool", "tool", "4.0.0");
    const carried = file(`node_modules/tool/${PREBUILDS}/${ABI}`, NATIVE);
    file("node_modules/tool/dist/another.node", "\0somebody_else\0");
    mkdirSync(join(root, "node_modules/tool/lib/folder.node"), { recursive: true });
    const text = warnings();
    expect(text).toContain(`  3.0.0  ${bundled}\n`);
    expect(text).toContain(`  4.0.0  ${carried}\n`);
    expect(text).not.toContain("another");
    expect(text).not.toContain("folder.node");
    expect(text).toContain("external");
  });

  it("in build/Release beside one for this Node is told; without one it is as npm makes it", () => {
    install("node_modules/@greenlit/switcher", "@greenlit/switcher");
    const made = file(
      "node_modules/@greenlit/switcher/build/Release/greenlit_switcher.node",
      NATIVE,
    );
    expect(warnings()).toBe("");
    file(`node_modules/@greenlit/switcher/${PREBUILDS}/node.abi1.glibc.node`, NATIVE);
    expect(warnings()).toBe("");
    file(`node_modules/@greenlit/switcher/${PREBUILDS}/${ABI}`, NATIVE);
    expect(warnings()).toContain(`  1.0.0  ${made}\n`);
  });

  it("the one that is shipped is known by its content", () => {
    const shipped = fileURLToPath(new URL(`../../switcher/${PREBUILDS}/`, import.meta.url));
    const name = readdirSync(shipped)[0] as string;
    install("node_modules/bundle", "bundle");
    mkdirSync(join(root, "node_modules/bundle/dist"));
    symlinkSync(join(shipped, name), join(root, "node_modules/bundle/dist/x.node"));
    expect((findCopies(root) as Copies).addons).toHaveLength(1);
  });
});

it("a doctor from elsewhere says so", () => {
  const own = install("node_modules/@greenlit/switcher", "@greenlit/switcher");
  expect(warnings("", own)).toBe("");
  expect(warnings("", "/elsewhere/switcher")).toMatch(
    /not the one of this folder[^]*npx greenlit doctor/,
  );
});
