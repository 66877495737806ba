// Shadow stacks (x86 CET, arm64 GCS). The processor keeps a second stack of return addresses for
// each thread, and faults at a return that does not match it. Our switch exchanges only the normal
// stack, so its return would not match.

#ifndef GREENLIT_MACHINE_SHADOW_STACK_H_
#define GREENLIT_MACHINE_SHADOW_STACK_H_

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace greenlit {

// Whether this thread has a shadow stack. A kernel that does not know the question has none to
// give.
inline bool HasShadowStack() {
  uint64_t features = 0;
#if defined(__x86_64__)
  constexpr int kStatus = 0x5005;  // ARCH_SHSTK_STATUS, since Linux 6.6
  if (syscall(SYS_arch_prctl, kStatus, &features) != 0) return false;
#elif defined(__aarch64__)
  constexpr int kStatus = 74;  // PR_GET_SHADOW_STACK_STATUS, since Linux 6.13
  if (prctl(kStatus, &features, 0, 0, 0) != 0) return false;
#endif
  return (features & 1) != 0;
}

}  // namespace greenlit

#endif  // GREENLIT_MACHINE_SHADOW_STACK_H_
