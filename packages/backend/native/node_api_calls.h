// Short forms of what every function here asks of Node-API.

#ifndef GREENLIT_NODE_API_CALLS_H_
#define GREENLIT_NODE_API_CALLS_H_

#include <node_api.h>

#include <cstddef>
#include <cstdint>

namespace greenlit {

// The arguments of a call, and what its function was made with.
template <size_t N>
struct Arguments {
  Arguments(napi_env env, napi_callback_info info) : env(env) {
    size_t count = N;
    napi_get_cb_info(env, info, &count, at, nullptr, &data);
  }

  int32_t Int(size_t i) const {
    int32_t value = 0;
    napi_get_value_int32(env, at[i], &value);
    return value;
  }

  napi_env env;
  napi_value at[N];
  void* data = nullptr;
};

// The memory of a Uint8Array or Int32Array; length in elements.
struct Memory {
  Memory(napi_env env, napi_value array) {
    void* at = nullptr;
    napi_get_typedarray_info(env, array, nullptr, &length, &at, nullptr, nullptr);
    data = static_cast<char*>(at);
  }

  char* data = nullptr;
  size_t length = 0;
};

inline napi_value Number(napi_env env, int64_t number) {
  napi_value value;
  if (number == static_cast<int32_t>(number)) {
    napi_create_int32(env, static_cast<int32_t>(number), &value);
  } else {
    napi_create_int64(env, number, &value);
  }
  return value;
}

inline void AddFunction(napi_env env, napi_value object, const char* name, napi_callback function,
                        void* data) {
  napi_value value;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, function, data, &value);
  napi_set_named_property(env, object, name, value);
}

}  // namespace greenlit

#endif  // GREENLIT_NODE_API_CALLS_H_
