// For the types they declare: of what the patch adds to Node's modules.
import "./dns.js";
import "./fetch.js";
import "./http.js";
import "./net.js";
import "./timers.js";

export { isPatched, original, patch, patchAll, type PatchOptions, unpatchAll } from "./patch.js";
