// The parts of the addon. Each adds its functions to the exports; none knows of the others.

#ifndef GREENLIT_PARTS_H_
#define GREENLIT_PARTS_H_

#include <node_api.h>

namespace greenlit {

// What is handed to another instance of this addon: see deliverer.h.
void AddDeliverer(napi_env env, napi_value exports);
// The system calls: src/system.ts says what each does.
void AddSystem(napi_env env, napi_value exports);
// The drivers that tell what is ready: uv, select, poll, epoll.
void AddPollers(napi_env env, napi_value exports);
// The driver that tells what is done: uring.
void AddRing(napi_env env, napi_value exports);
// Files that are in memory already: src/files.ts.
void AddCachedFiles(napi_env env, napi_value exports);

}  // namespace greenlit

#endif  // GREENLIT_PARTS_H_
