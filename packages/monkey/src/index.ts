// For the types they declare: of what the patch adds to Node's modules.
import "./dns.js";
import "./events.js";
import "./fetch.js";
import "./http.js";
import "./http2.js";
import "./net.js";
import "./readline.js";
import "./stream.js";
import "./timers.js";
import "./tls.js";
import "./worker-threads.js";

export { type Kept, listKept, listPatched, type PatchedFunction } from "./list.js";
export {
  isPatched,
  original,
  patch,
  patchAll,
  patched,
  type PatchOptions,
  unpatchAll,
} from "./patch.js";
