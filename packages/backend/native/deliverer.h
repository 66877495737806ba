// Calls a function of JavaScript from a callback of libuv, as Node calls its own: behind it the
// tasks of promises and of process.nextTick run.

#ifndef GREENLIT_DELIVERER_H_
#define GREENLIT_DELIVERER_H_

#include <node_api.h>

namespace greenlit {

class Deliverer {
 public:
  // `scopes`: what the export of that name gave, of another instance of this addon. The handles of
  // a call need a handle scope. Node-API counts those that are open for each instance, and
  // greenlets may not switch while one is open in an instance that has called them: Node aborts
  // when a function of that instance returns, and another number is open than at its start. The
  // other instance has no functions that return meanwhile.
  void Open(napi_env env, napi_value scopes, napi_value function);
  // The function gets `number`. The last thing that a callback of libuv does: JavaScript may have
  // closed everything when this returns.
  void Call(int number);
  // Only while JavaScript can be called: else all of it goes with the environment.
  void Close();

 private:
  napi_env env_ = nullptr;
  napi_env scopes_ = nullptr;
  napi_async_context context_ = nullptr;
  napi_ref resource_ = nullptr;
  napi_ref function_ = nullptr;
};

}  // namespace greenlit

#endif  // GREENLIT_DELIVERER_H_
