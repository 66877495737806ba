// The programs in the READMEs of the packages print what is shown.
import { testExamples } from "./support/examples.js";

for (const name of ["backend", "core", "fs", "monkey", "net"]) {
  const folder = new URL(`../packages/${name}/`, import.meta.url);
  // Run below the package, so that its imports are found.
  testExamples(new URL("README.md", folder), "node", new URL("test/", folder));
}
