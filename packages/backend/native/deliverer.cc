#include "deliverer.h"

#include "node_api_calls.h"
#include "parts.h"

namespace greenlit {

void Deliverer::Open(napi_env env, napi_value scopes, napi_value function) {
  env_ = env;
  void* other = nullptr;
  napi_get_value_external(env, scopes, &other);
  scopes_ = static_cast<napi_env>(other);
  napi_value resource;
  napi_create_object(env, &resource);
  napi_value name;
  napi_create_string_utf8(env, "GREENLIT_BACKEND", NAPI_AUTO_LENGTH, &name);
  napi_async_init(env, resource, name, &context_);
  napi_create_reference(env, resource, 1, &resource_);
  napi_create_reference(env, function, 1, &function_);
}

void Deliverer::Call(int number) {
  napi_env env = env_;
  napi_env scopes = scopes_;
  napi_handle_scope scope;
  if (napi_open_handle_scope(scopes, &scope) != napi_ok) return;
  napi_value resource;
  napi_get_reference_value(env, resource_, &resource);
  napi_value function;
  napi_get_reference_value(env, function_, &function);
  napi_value argument = Number(env, number);
  const napi_status status =
      napi_make_callback(env, context_, resource, function, 1, &argument, nullptr);
  // A thread that is being terminated has none.
  bool threw = false;
  napi_is_exception_pending(env, &threw);
  if (status == napi_pending_exception && threw) {
    napi_value error;
    napi_get_and_clear_last_exception(env, &error);
    napi_fatal_exception(env, error);
  }
  napi_close_handle_scope(scopes, scope);
}

void Deliverer::Close() {
  napi_async_destroy(env_, context_);
  napi_delete_reference(env_, resource_);
  napi_delete_reference(env_, function_);
}

void AddDeliverer(napi_env env, napi_value exports) {
  napi_value scopes;
  napi_create_external(env, env, nullptr, nullptr, &scopes);
  napi_set_named_property(env, exports, "scopes", scopes);
}

}  // namespace greenlit
