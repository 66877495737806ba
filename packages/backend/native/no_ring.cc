#include "ring_abi.h"

#ifndef GREENLIT_HAS_RING

#include "node_api_calls.h"
#include "parts.h"

namespace greenlit {

namespace {

napi_value WhyNoRing(napi_env env, napi_callback_info info) {
#ifdef __linux__
  const char* text =
      "the native part was compiled with kernel headers older than those of Linux 6.0";
#else
  const char* text = "it is a part of Linux";
#endif
  napi_value why;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &why);
  return why;
}

}  // namespace

void AddRing(napi_env env, napi_value exports) {
  AddFunction(env, exports, "whyNoRing", WhyNoRing, nullptr);
}

}  // namespace greenlit

#endif  // GREENLIT_HAS_RING
