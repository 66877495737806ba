import { fileURLToPath } from "node:url";

/** The folder that holds this package and its siblings. */
const SIBLINGS = new URL("../../", import.meta.url).href;

/** In a package's code, not its tests: such a frame says nothing to a user. As a path under --enable-source-maps. */
const OWN = [SIBLINGS, fileURLToPath(SIBLINGS)].map(
  (folder) =>
    new RegExp(`${folder.replaceAll(/[^\w/]/g, "\\$&")}[^/\\\\]+[/\\\\](dist|src)[/\\\\]`),
);

/** The lines of a stack that are not greenlit's own. */
export function userFrames(stack: string | undefined): string[] {
  const frames = (stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  return frames.filter((line) => !OWN.some((own) => own.test(line)));
}

/** The first of them, without its indentation; "" if there is none. */
export function userFrame(stack: string | undefined): string {
  return (userFrames(stack)[0] ?? "").trim();
}
