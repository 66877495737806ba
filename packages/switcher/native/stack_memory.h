// Memory for native stacks. Knows nothing of JavaScript.
//
// Stacks are carved from slabs of address space, so that 100,000 of them cost a few hundred
// mappings and not 100,000. Pages become memory when touched.
//
//   one slab:   | stack 0 | stack 1 | ... | stack 63 |
//   one stack:  | guard | native headroom |        JavaScript's part          |
//               lowest  ^                 ^ limit                        top ^
//
// V8 refuses to let JavaScript grow below `limit` (a RangeError); native code that JavaScript calls
// may use the headroom; whatever runs through that too, hits the guard and dies there instead of
// writing over its neighbour.

#ifndef GREENLIT_STACK_MEMORY_H_
#define GREENLIT_STACK_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace greenlit {

struct StackBounds {
  uintptr_t top = 0;    // one past the highest byte; stacks grow down from here
  uintptr_t limit = 0;  // JavaScript stops here
  uintptr_t low = 0;    // lowest usable byte, just above the guard
};

class StackMemory {
 public:
  // How the lower end of each stack is protected.
  enum class Guard { kNone, kMadvise, kMprotect };
  static const char* GuardName(Guard guard);

  // stack_size: bytes that JavaScript may use of each stack, rounded up to whole pages.
  explicit StackMemory(size_t stack_size);
  ~StackMemory();
  StackMemory(const StackMemory&) = delete;
  StackMemory& operator=(const StackMemory&) = delete;

  // Carves one more stack. False, with the reason in *why, when the system has no more to give;
  // nothing has changed then.
  bool Carve(StackBounds* stack, std::string* why);

  // Gives the pages of a stack that went deep back to the system. Call when nothing below `in_use`
  // is needed any more. Costs a few loads when the stack did not go deep.
  void TrimIfDeep(const StackBounds& stack, uintptr_t in_use);

  // Gives back everything below `in_use`.
  void Trim(const StackBounds& stack, uintptr_t in_use);

  size_t bytes_reserved() const { return slabs_.size() * slab_size_; }
  size_t trims() const { return trims_; }
  Guard guard() const { return guard_; }

 private:
  bool AddSlab(std::string* why);
  bool GuardSlab(uintptr_t slab);

  size_t stack_size_;  // with headroom and guard
  size_t slab_size_;
  size_t carved_in_last_slab_;
  size_t trims_ = 0;
  Guard guard_ = Guard::kMadvise;
  std::vector<uintptr_t> slabs_;
};

}  // namespace greenlit

#endif  // GREENLIT_STACK_MEMORY_H_
