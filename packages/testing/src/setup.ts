// For vitest: `setupFiles: ["@greenlit/testing/setup"]` puts the leak check around every test.
import { afterEach, beforeEach } from "vitest";
import { installLeakCheck } from "./leak-check.js";

installLeakCheck({ beforeEach, afterEach });
