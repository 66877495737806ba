import { fileURLToPath } from "node:url";

/** The folder that holds this package and its siblings: their frames say nothing to a user. */
const OWN_PACKAGES = new URL("../../", import.meta.url).href;
/** Frames show a path instead under --enable-source-maps. */
const OWN_PATH = fileURLToPath(OWN_PACKAGES);

/** The lines of a stack that are not greenlit's own. */
export function userFrames(stack: string | undefined): string[] {
  const frames = (stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  return frames.filter((line) => !line.includes(OWN_PACKAGES) && !line.includes(OWN_PATH));
}

/** The first of them, without its indentation; "" if there is none. */
export function userFrame(stack: string | undefined): string {
  return (userFrames(stack)[0] ?? "").trim();
}
