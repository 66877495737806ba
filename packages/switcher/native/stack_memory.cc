#include "stack_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "memory_probe.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102  // Linux 6.13: a guard that does not split the mapping
#endif

namespace greenlit {

namespace {

// 4 KB on x64; 4, 16 or 64 KB on arm64, as its kernel was built.
const size_t kPage = sysconf(_SC_PAGESIZE);

size_t RoundUp(size_t bytes) { return (bytes + kPage - 1) & ~(kPage - 1); }

constexpr size_t kStacksPerSlab = 64;
const size_t kGuardSize = RoundUp(16 * 1024);

// What Node leaves below V8's limit on its own worker threads (kStackBufferSize in node_worker.h):
// a multiple of every size of a page.
constexpr size_t kNativeHeadroom = 192 * 1024;

// A stack counts as deep when it was used below this distance from its top. More than Trim()
// leaves, or a stack that was deep once would be trimmed for ever.
const size_t kDeep = std::max<size_t>(64 * 1024, 4 * kPage);
constexpr size_t kLookedAt = 4096;  // bytes, to see that

// Stacks start at different distances from a page boundary. Without this the tops of all stacks,
// the bytes that every switch touches, would compete for the same few cache lines.
constexpr size_t kColours = 16;
constexpr size_t kColourStride = 192;

}  // namespace

const char* StackMemory::GuardName(Guard guard) {
  switch (guard) {
    case Guard::kMadvise:
      return "madvise";
    case Guard::kMprotect:
      return "mprotect";
    case Guard::kNone:
      break;
  }
  return "none";
}

StackMemory::StackMemory(size_t stack_size)
    : stack_size_(RoundUp(stack_size) + kNativeHeadroom + kGuardSize),
      slab_size_(stack_size_ * kStacksPerSlab),
      carved_in_last_slab_(kStacksPerSlab) {}

StackMemory::~StackMemory() {
  for (uintptr_t slab : slabs_) munmap(reinterpret_cast<void*>(slab), slab_size_);
}

bool StackMemory::AddSlab(std::string* why) {
  void* slab = mmap(nullptr, slab_size_, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (slab == MAP_FAILED) {
    *why = "cannot reserve " + std::to_string(slab_size_ >> 20) + " MB of address space for " +
           std::to_string(kStacksPerSlab) + " more stacks: " + strerror(errno);
    return false;
  }
  // A huge page per stack would turn two touched pages into 2 MB.
  madvise(slab, slab_size_, MADV_NOHUGEPAGE);
  auto address = reinterpret_cast<uintptr_t>(slab);
  if (guard_ != Guard::kNone && !GuardSlab(address)) guard_ = Guard::kNone;
  slabs_.push_back(address);
  carved_in_last_slab_ = 0;
  return true;
}

// Guards every stack of a slab. On kernels without MADV_GUARD_INSTALL a guard splits the mapping in
// two; once the kernel's limit on mappings (vm.max_map_count) is reached we go on without guards,
// and say so in the statistics: V8's own limit still stops JavaScript.
bool StackMemory::GuardSlab(uintptr_t slab) {
  for (size_t i = 0; i < kStacksPerSlab; i++) {
    void* low = reinterpret_cast<void*>(slab + i * stack_size_);
    if (guard_ == Guard::kMadvise) {
      // An emulator may take advice it does not know for given, so look whether the guard is there.
      char byte;
      bool advised = madvise(low, kGuardSize, MADV_GUARD_INSTALL) == 0;
      if (advised && (i > 0 || !ProbeRead(slab, &byte, sizeof(byte)))) continue;
      guard_ = Guard::kMprotect;
    }
    if (mprotect(low, kGuardSize, PROT_NONE) != 0) return false;
  }
  return true;
}

bool StackMemory::Carve(StackBounds* stack, std::string* why) {
  if (carved_in_last_slab_ == kStacksPerSlab && !AddSlab(why)) return false;
  uintptr_t low = slabs_.back() + carved_in_last_slab_ * stack_size_;
  size_t colour = carved_in_last_slab_ % kColours;
  stack->top = low + stack_size_ - colour * kColourStride;
  stack->low = low + kGuardSize;
  stack->limit = stack->low + kNativeHeadroom;
  carved_in_last_slab_++;
  return true;
}

void StackMemory::TrimIfDeep(const StackBounds& stack, uintptr_t in_use) {
  // An untouched page reads as zeros without becoming memory; frames that passed over it did not
  // leave all of these words zero.
  uintptr_t place = (stack.top - kDeep) & ~(kLookedAt - 1);
  if (place <= stack.limit) return;
  const auto* words = reinterpret_cast<const uint64_t*>(place);
  uint64_t any = 0;
  for (size_t i = 0; i < kLookedAt / sizeof(uint64_t); i += 16) any |= words[i] | words[i + 1];
  if (any != 0) Trim(stack, in_use);
}

void StackMemory::Trim(const StackBounds& stack, uintptr_t in_use) {
  // Two pages stay: the running frames, and what the next greenlet will touch at once anyway.
  uintptr_t end = (in_use & ~(kPage - 1)) - kPage;
  if (end <= stack.low) return;
  madvise(reinterpret_cast<void*>(stack.low), end - stack.low, MADV_DONTNEED);
  trims_++;
}

}  // namespace greenlit
