import * as nodeFs from "node:fs";

/**
 * Node's own file functions as they were when this module loaded.
 *
 * A patch that puts the cooperative functions into `node:fs` itself therefore cannot make them call
 * themselves: a module namespace follows the patch (`syncBuiltinESMExports`), a copy does not.
 */
export const original: typeof nodeFs = { ...nodeFs };
