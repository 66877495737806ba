// The stack that V8 takes itself to be on. A call of WebAssembly.promising runs on a stack of its
// own, and V8 chains it to the stack that made the call.

#ifndef GREENLIT_V8_ACTIVE_STACK_H_
#define GREENLIT_V8_ACTIVE_STACK_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace greenlit {

struct ActiveStack {
  const uintptr_t* word = nullptr;  // holds its address; null: this V8 has no such calls
  ptrdiff_t caller = 0;             // where a stack holds the address of its caller
  uintptr_t outermost_caller = 0;   // what the outermost stack holds there

  // Whether V8 is outside of all such calls: the active stack has no caller.
  bool IsOutermost() const {
    if (word == nullptr) return true;
    uintptr_t its;
    memcpy(&its, reinterpret_cast<const char*>(*word + caller), sizeof(its));
    return its == outermost_caller;
  }
};

}  // namespace greenlit

#endif  // GREENLIT_V8_ACTIVE_STACK_H_
