// The addon: Node-API and libuv alone. It has no globals; what belongs to a thread hangs on its
// functions, and goes with the thread's environment.

#include "parts.h"

NAPI_MODULE_INIT() {
  greenlit::AddDeliverer(env, exports);
  greenlit::AddSystem(env, exports);
  greenlit::AddPollers(env, exports);
  greenlit::AddRing(env, exports);
  greenlit::AddCachedFiles(env, exports);
  return exports;
}
