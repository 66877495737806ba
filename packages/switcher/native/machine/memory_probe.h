// Reads memory that may not be there. A wrong address gives false, not a crash.

#ifndef GREENLIT_MACHINE_MEMORY_PROBE_H_
#define GREENLIT_MACHINE_MEMORY_PROBE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace greenlit {

// Copies `size` bytes at `address` to `out`. False when not all of them can be read.
bool ProbeRead(uintptr_t address, void* out, size_t size);

// The same in another way. ProbeRead uses it where process_vm_readv does not work: a container may
// forbid that call, and an emulator may not have it.
bool ProbeReadThroughPipe(uintptr_t address, void* out, size_t size);

// Linux gives out addresses below this, unless a program asks for higher ones.
#if defined(__aarch64__)
constexpr uintptr_t kAddressLimit = uintptr_t{1} << 48;
#else
constexpr uintptr_t kAddressLimit = uintptr_t{1} << 47;
#endif

// True when `word` could be the address of an aligned object.
inline bool LooksLikePointer(uintptr_t word) {
  return word >= 0x10000 && word < kAddressLimit && (word & 7) == 0;
}

// The words from `address` on, as far as they can be read, at most `max_words`.
std::vector<uintptr_t> ProbeWords(uintptr_t address, size_t max_words);

}  // namespace greenlit

#endif  // GREENLIT_MACHINE_MEMORY_PROBE_H_
