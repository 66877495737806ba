// All of functions.test.ts again, while nothing is in memory: each call then goes to the thread
// pool.
import { vi } from "vitest";

vi.mock("@greenlit/backend/files", async (importOriginal) => ({
  ...(await importOriginal<typeof import("@greenlit/backend/files")>()),
  cachedKind: () => null,
  kindAt: () => null,
  kindOf: () => null,
  readCached: () => null,
  readNow: () => null,
}));

await import("./functions.test.js");
