// Memory for native stacks.
//
// Stacks are carved from slabs of address space: 100,000 stacks then are 1,563 slabs, and not
// 100,000 mappings. A page becomes memory when it is first touched.
//
//   one slab:   | stack 0 | stack 1 | ... | stack 63 |
//   one stack:  | guard | native headroom |        JavaScript's part          |
//               lowest  ^                 ^ limit                        top ^
//
// JavaScript that grows below `limit` gets a RangeError from V8. Native code that JavaScript calls
// may use the headroom. Code that uses up the headroom too hits the guard, and the process dies
// there before it writes over the next stack.

#ifndef GREENLIT_MACHINE_STACK_MEMORY_H_
#define GREENLIT_MACHINE_STACK_MEMORY_H_

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

  // Makes one more stack. When the system has no more to give, returns false with the reason in
  // *why, and has changed nothing.
  bool Carve(StackBounds* stack, std::string* why);

  // If the stack was used deeply, gives its pages back to the system. Call it when nothing below
  // `in_use` is needed any more. For a stack that was not used deeply it costs a few loads.
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

#endif  // GREENLIT_MACHINE_STACK_MEMORY_H_
