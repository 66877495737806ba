export * from "./functions.js";
export { cpSync } from "./cp.js";
export { globSync, type GlobOptions } from "./glob.js";
export { type DisposableFolder, mkdtempDisposableSync } from "./mkdtemp-disposable.js";
export { opendirSync } from "./opendir.js";
