// Reading memory that may not be there: a wrong guess is a false, not a crash.

#ifndef GREENLIT_MEMORY_PROBE_H_
#define GREENLIT_MEMORY_PROBE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace greenlit {

// Copies `size` bytes at `address` to `out`. False when not all of them can be read.
bool ProbeRead(uintptr_t address, void* out, size_t size);

// The same by another way, which ProbeRead takes where its own is closed: containers may forbid
// process_vm_readv, and emulators may not know it.
bool ProbeReadThroughPipe(uintptr_t address, void* out, size_t size);

// Addresses are below this, unless a program asks for higher ones.
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

#endif  // GREENLIT_MEMORY_PROBE_H_
