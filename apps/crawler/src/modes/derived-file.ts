import { statSync } from "greenlit/fs";
import { join } from "node:path";
import { OutputError } from "../output.js";

/**
 * Where something goes that is made of a crawl. What the user named is replaced, and so is what an
 * earlier run left in the job's folder; a crawl without a job leaves it in the working directory,
 * and there it replaces nothing. Asked before the crawl begins: nobody wants to hear it afterwards.
 *
 * @param folder the job's, null without a job
 * @param to as the user named it
 * @throws OutputError when it would replace a file unasked
 */
export function derivedFile(folder: string | null, to: unknown, name: string): string {
  if (typeof to === "string") return to;
  if (folder !== null) return join(folder, name);
  if (statSync(name, { throwIfNoEntry: false }) === undefined) return name;
  throw new OutputError(`${name} is there already: --to ${name} replaces it`);
}
