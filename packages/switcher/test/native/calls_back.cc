// A Node-API addon that calls JavaScript back while C++ or Node-API keeps something last in, first
// out.
#include <alloca.h>
#include <node_api.h>

#include <exception>
#include <stdexcept>
#include <string>

namespace {

napi_value Call(napi_env env, napi_value function) {
  napi_value undefined, result = nullptr;
  napi_get_undefined(env, &undefined);
  napi_call_function(env, undefined, function, 0, nullptr, &result);
  return result;
}

template <size_t N>
void Arguments(napi_env env, napi_callback_info info, napi_value (&out)[N]) {
  size_t count = N;
  napi_get_cb_info(env, info, &count, out, nullptr, nullptr);
}

// plain(fn): calls it with nothing open.
napi_value Plain(napi_env env, napi_callback_info info) {
  napi_value args[1];
  Arguments(env, info, args);
  return Call(env, args[0]);
}

// scoped(fn): with a handle scope of its own, as loops over callbacks have.
napi_value Scoped(napi_env env, napi_callback_info info) {
  napi_value args[1];
  Arguments(env, info, args);
  napi_handle_scope scope;
  napi_open_handle_scope(env, &scope);
  Call(env, args[0]);
  napi_close_handle_scope(env, scope);
  return nullptr;
}

// closed(fn): after one that has been closed again.
napi_value Closed(napi_env env, napi_callback_info info) {
  napi_value args[1];
  Arguments(env, info, args);
  napi_handle_scope scope;
  napi_open_handle_scope(env, &scope);
  napi_close_handle_scope(env, scope);
  return Call(env, args[0]);
}

// caught(fn, name): in a `catch`, and throws its exception again. Returns what it then was, and how
// many exceptions were uncaught in between.
napi_value Caught(napi_env env, napi_callback_info info) {
  napi_value args[2], out;
  Arguments(env, info, args);
  char name[64];
  size_t length;
  napi_get_value_string_utf8(env, args[1], name, sizeof(name), &length);
  std::string got;
  try {
    try {
      throw std::runtime_error(name);
    } catch (const std::exception& error) {
      Call(env, args[0]);
      got = error.what();
      throw;
    }
  } catch (const std::exception& error) {
    got += std::string("/") + error.what() + "/" + std::to_string(std::uncaught_exceptions());
  }
  napi_create_string_utf8(env, got.c_str(), got.size(), &out);
  return out;
}

// unwinding(fn): in a destructor, while an exception is thrown. Returns std::uncaught_exceptions()
// after the call.
napi_value Unwinding(napi_env env, napi_callback_info info) {
  napi_value args[1], out;
  Arguments(env, info, args);
  int uncaught = -1;
  struct Guard {
    napi_env env;
    napi_value function;
    int* uncaught;
    ~Guard() {
      Call(env, function);
      *uncaught = std::uncaught_exceptions();
    }
  };
  try {
    Guard guard{env, args[0], &uncaught};
    throw std::runtime_error("on its way");
  } catch (const std::exception&) {
  }
  napi_create_int32(env, uncaught, &out);
  return out;
}

// leap(bytes): one frame of this size, of which only the low end is written to.
napi_value Leap(napi_env env, napi_callback_info info) {
  napi_value args[1];
  Arguments(env, info, args);
  int32_t bytes;
  napi_get_value_int32(env, args[0], &bytes);
  auto* low = static_cast<volatile char*>(alloca(bytes));
  for (int i = 0; i < 4096; i++) low[i] = 0x41;
  return nullptr;
}

napi_value Init(napi_env env, napi_value exports) {
  auto set = [&](const char* name, napi_callback callback) {
    napi_value function;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
    napi_set_named_property(env, exports, name, function);
  };
  set("plain", Plain);
  set("scoped", Scoped);
  set("closed", Closed);
  set("caught", Caught);
  set("unwinding", Unwinding);
  set("leap", Leap);
  return exports;
}

}  // namespace

NAPI_MODULE(calls_back, Init)
