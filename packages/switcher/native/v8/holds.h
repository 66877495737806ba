// Holds: reasons why the running stack must not be left just now.
//
// V8 and Node keep some things once for all stacks, last in first out, and we cannot give each
// stack its own. If a stack were left in the middle of one, the process would be corrupted, or
// would end later and far from here.

#ifndef GREENLIT_V8_HOLDS_H_
#define GREENLIT_V8_HOLDS_H_

#include <v8.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "machine/memory_probe.h"
#include "v8/active_stack.h"

namespace greenlit {

struct Layout;

// Bits; src/holds.ts has the words for each.
enum Hold : int {
  // The stack is inside a call of WebAssembly.promising. A collection would walk a suspended stack
  // as
  // if it had been left on the WebAssembly stack that is active at that time. And a return would go
  // to the caller that came last.
  kPromisingCall = 1,
  // A Node-API handle scope of a native addon is open. Node counts them for each addon, and aborts
  // if
  // the count at the addon's return differs from that at its call.
  kHandleScope = 2,
};

class Holds {
 public:
  // Knows nothing of V8, and so never sees a hold.
  Holds() = default;

  Holds(const Layout& layout, const void* node_environment);

  // The holds of the running stack; 0: none. Every switch asks.
  int Now() {
    if (try_catch_ == nullptr) return 0;
    int holds = active_stack_.IsOutermost() ? 0 : kPromisingCall;
    // When Node-API calls JavaScript it puts a v8::TryCatch on the stack, and right behind it a
    // pointer to the addon's napi_env. Behind other TryCatches something else lies.
    for (const char* at = *try_catch_; at != nullptr;) {
      const Seen seen = {at, Word(at + sizeof(v8::TryCatch))};
      if (LooksLikePointer(seen.behind) && seen != harmless_[seen.Slot()] &&
          HasOpenHandleScope(seen)) {
        holds |= kHandleScope;
      }
      at = reinterpret_cast<const char*>(Word(at + next_try_catch_));
    }
    return holds;
  }

  // Whether any call of WebAssembly.promising is suspended or under way.
  bool HasWasmStacks() const {
    return wasm_stacks_ != nullptr && wasm_stacks_[1] - wasm_stacks_[0] > idle_wasm_stacks_;
  }

 private:
  // A TryCatch, and the word behind it.
  struct Seen {
    const char* at = nullptr;
    uintptr_t behind = 0;

    static constexpr size_t kSlots = 32;
    size_t Slot() const { return reinterpret_cast<uintptr_t>(at) / sizeof(uintptr_t) % kSlots; }
    bool operator!=(const Seen& other) const { return at != other.at || behind != other.behind; }
  };

  static uintptr_t Word(const char* at) {
    uintptr_t word;
    memcpy(&word, at, sizeof(word));
    return word;
  }

  bool HasOpenHandleScope(const Seen& seen);
  bool IsAddon(uintptr_t address) const;
  int32_t OpenHandleScopes(uintptr_t addon);

  ActiveStack active_stack_;
  const uintptr_t* wasm_stacks_ = nullptr;
  size_t idle_wasm_stacks_ = 0;
  char* const* try_catch_ = nullptr;
  size_t next_try_catch_ = 0;
  uintptr_t node_environment_ = 0;
  uintptr_t addon_class_ = 0;  // the first word of each napi_env; 0: not known
  size_t counter_ = 0;         // where a napi_env counts open handle scopes; 0: not known yet
  // The napi_env that was seen last. It lives as long as the thread's environment, so it need not
  // be looked at again: an addon that calls back from the loop would have every switch make a
  // system call.
  uintptr_t addon_ = 0;
  // What was found to be no napi_env. The same TryCatches lie on the root at every switch, and one
  // look at memory that may not be mapped takes ten times as long as a switch.
  Seen harmless_[Seen::kSlots];
};

}  // namespace greenlit

#endif  // GREENLIT_V8_HOLDS_H_
