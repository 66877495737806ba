#include "machine/stack_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "machine/memory_probe.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102  // Linux 6.13: a guard that does not split the mapping
#endif

namespace greenlit {

namespace {

// 4 KB on x64. On arm64 it depends on how the kernel was built: 4, 16 or 64 KB.
const size_t kPage = sysconf(_SC_PAGESIZE);

size_t RoundUp(size_t bytes) { return (bytes + kPage - 1) & ~(kPage - 1); }

constexpr size_t kStacksPerSlab = 64;

// A frame larger than the guard can jump over it, unless its function was compiled to touch every
// page (-fstack-clash-protection, which is not the default of every compiler). So the guard has
// many pages, which are only address space. If it were larger still, every stack would need one
// more page for its page table.
const size_t kGuardSize = RoundUp(256 * 1024);

// As much as Node leaves below V8's limit on its own worker threads (kStackBufferSize in
// node_worker.h). It is a multiple of every page size.
constexpr size_t kNativeHeadroom = 192 * 1024;

// A stack counts as deep when it was used farther than this from its top. This must be more than
// Trim() leaves, or a stack that was deep once would be trimmed for ever.
const size_t kDeep = std::max<size_t>(64 * 1024, 4 * kPage);
constexpr size_t kSample = 4096;     // bytes that are read to see that
constexpr size_t kPageSample = 512;  // bytes that are read at the low end of a page

// Stacks start at different distances from a page boundary ("colours"). Every switch touches the
// top of a stack; if all tops lay at the same place in a page, they would compete for a few cache
// lines.
constexpr size_t kColours = 16;
constexpr size_t kColourStride = 192;

// Whether something was written to these bytes. Of every `stride` words it reads two.
bool IsUsed(uintptr_t place, size_t bytes, size_t stride) {
  const auto* words = reinterpret_cast<const uint64_t*>(place);
  uint64_t any = 0;
  for (size_t i = 0; i < bytes / sizeof(uint64_t); i += stride) any |= words[i] | words[i + 1];
  return any != 0;
}

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
// two. When the kernel's limit on mappings (vm.max_map_count) is reached, new stacks get no guard,
// and the statistics say so. V8's own limit still stops JavaScript.
bool StackMemory::GuardSlab(uintptr_t slab) {
  for (size_t i = 0; i < kStacksPerSlab; i++) {
    void* low = reinterpret_cast<void*>(slab + i * stack_size_);
    if (guard_ == Guard::kMadvise) {
      // An emulator may ignore advice that it does not know, and report success. So see whether the
      // guard is there.
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
  // Reading an untouched page gives zeros, and does not make it memory. Frames that were there have
  // left words that are not zero. But the first read of an untouched page is a page fault. So first
  // look at the first two pages, which all stacks touch sooner or later: a stack that has not used
  // them up was not deep.
  uintptr_t place = (stack.top - kDeep) & ~(kSample - 1);
  if (place <= stack.limit) return;
  uintptr_t first = (stack.top - 1) & ~(kPage - 1);
  if (!IsUsed(first, kPageSample, 2) || !IsUsed(first - kPage, kPageSample, 2)) return;
  if (IsUsed(place, kSample, 16)) Trim(stack, in_use);
}

void StackMemory::Trim(const StackBounds& stack, uintptr_t in_use) {
  // Two pages stay: that of the running frames, and one that the next greenlet will touch at once.
  uintptr_t end = (in_use & ~(kPage - 1)) - kPage;
  if (end <= stack.low) return;
  madvise(reinterpret_cast<void*>(stack.low), end - stack.low, MADV_DONTNEED);
  trims_++;
}

}  // namespace greenlit
