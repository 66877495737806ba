import { testExamples } from "../../../test/support/examples.js";

// Below the package, so that its imports are found.
testExamples(new URL("../README.md", import.meta.url), "node", new URL(".", import.meta.url));
