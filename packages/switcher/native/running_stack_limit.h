// V8 tells nobody the limit of the running stack. It is one of the words of the stack guard, which
// the public headers place, and the only one that follows SetStackLimit.

#ifndef GREENLIT_RUNNING_STACK_LIMIT_H_
#define GREENLIT_RUNNING_STACK_LIMIT_H_

#include <v8-internal.h>
#include <v8.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace greenlit {

// 0 when no word follows. Leaves the limit as it was.
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
  // While an interrupt is pending, V8 has a very high one in some places.
  uintptr_t limit = UINTPTR_MAX;
  for (size_t i = 0; i < kWords; i++) {
    if (after[i] == other) limit = std::min(limit, before[i]);
  }
  if (limit == UINTPTR_MAX) return 0;
  isolate->SetStackLimit(limit);
  return limit;
}

}  // namespace greenlit

#endif  // GREENLIT_RUNNING_STACK_LIMIT_H_
