// The limit of the running stack: below it V8 stops JavaScript. V8 has no function that returns it.
// But it is a word of the stack guard, whose place is in the public headers, and SetStackLimit
// changes that word.

#ifndef GREENLIT_V8_RUNNING_STACK_LIMIT_H_
#define GREENLIT_V8_RUNNING_STACK_LIMIT_H_

#include <v8-internal.h>
#include <v8.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace greenlit {

// Returns 0 when SetStackLimit changes no word. Leaves the limit as it was.
inline uintptr_t RunningStackLimit(v8::Isolate* isolate) {
  using v8::internal::Internals;
  constexpr size_t kWords = Internals::kStackGuardSize / sizeof(uintptr_t);
  const char* guard = reinterpret_cast<const char*>(isolate) + Internals::kIsolateStackGuardOffset;
  uintptr_t before[kWords];
  uintptr_t after[kWords];
  const uintptr_t other = reinterpret_cast<uintptr_t>(&before) - 96 * 1024;
  memcpy(before, guard, sizeof(before));
  isolate->SetStackLimit(other);
  memcpy(after, guard, sizeof(after));
  // While an interrupt is pending, some of these words hold a very high mark instead.
  uintptr_t limit = UINTPTR_MAX;
  for (size_t i = 0; i < kWords; i++) {
    if (after[i] == other) limit = std::min(limit, before[i]);
  }
  if (limit == UINTPTR_MAX) return 0;
  isolate->SetStackLimit(limit);
  return limit;
}

}  // namespace greenlit

#endif  // GREENLIT_V8_RUNNING_STACK_LIMIT_H_
