// Tests stacks and register switches without JavaScript, so that AddressSanitizer and valgrind can
// watch. Prints `pass` as its last line; run.sh compiles and runs it.

#include <fenv.h>
#include <sys/mman.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "machine/memory_probe.h"
#include "machine/stack_memory.h"
#include "machine/switch_registers.h"
#include "registers.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id) static_cast<void>(id)
#define RUNNING_ON_VALGRIND (getenv("UNDER_VALGRIND") != nullptr)
#endif

namespace {

using greenlit::StackBounds;
using greenlit::StackMemory;

int checks = 0;

void Check(bool condition, const char* what) {
  if (condition) {
    checks++;
    return;
  }
  fprintf(stderr, "check failed: %s\n", what);
  exit(1);
}

struct Fiber {
  void* sp = nullptr;
  StackBounds bounds;
  int number = 0;
  long result = 0;
  bool ended = false;
  unsigned valgrind_id = 0;
};

Fiber root;
Fiber* running = &root;

// Sanitizers must be told of every switch. The code under test does not do it.
void SwitchTo(Fiber* to) {
  Fiber* from = running;
  running = to;
#if defined(__SANITIZE_ADDRESS__)
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(&fake, reinterpret_cast<void*>(to->bounds.low),
                                 to->bounds.top - to->bounds.low);
#endif
  // An indirect call needs a landing pad where the processor checks for one.
  auto* volatile switch_registers = greenlit::greenlit_switch_registers;
  switch_registers(&from->sp, to->sp);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
}

[[noreturn]] void Main(void* argument) {
#if defined(__SANITIZE_ADDRESS__)
  const void* bottom;
  size_t size;
  __sanitizer_finish_switch_fiber(nullptr, &bottom, &size);
  if (root.bounds.top == 0) {
    root.bounds.low = reinterpret_cast<uintptr_t>(bottom);
    root.bounds.top = root.bounds.low + size;
  }
#endif
  auto* self = static_cast<Fiber*>(argument);
  Check(reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) % 16 == 0, "the ABI's alignment");
  // Values that live across switches: in registers, and in memory that only this stack refers to.
  long a = self->number, b = a * 3, c = a ^ 0x55, d = a << 7, e = ~a;
  double x = a + 0.5;
  std::string text(100, static_cast<char>('a' + self->number % 26));
  fesetround(self->number % 2 == 0 ? FE_UPWARD : FE_TONEAREST);
  for (int turn = 0; turn < 10; turn++) {
    char frame[2000];
    memset(frame, self->number, sizeof(frame));
    SwitchTo(&root);
    for (char byte : frame) Check(byte == static_cast<char>(self->number), "the bytes of a frame");
    a += b;
    b ^= c;
    c += d;
    d -= e;
    e += 1;
    x = x * 1.5 + 1;
    text += "x";
  }
  Check(fegetround() == (self->number % 2 == 0 ? FE_UPWARD : FE_TONEAREST), "the rounding mode");
  self->result = a + b + c + d + e + static_cast<long>(text.size());
  text.clear();  // nothing unwinds this frame
  text.shrink_to_fit();
  self->ended = true;
  for (;;) SwitchTo(&root);
}

long Expected(int number) {
  long a = number, b = a * 3, c = a ^ 0x55, d = a << 7, e = ~a;
  for (int turn = 0; turn < 10; turn++) {
    a += b;
    b ^= c;
    c += d;
    d -= e;
    e += 1;
  }
  return a + b + c + d + e + 110;
}

void TestSwitching() {
  StackMemory memory(128 * 1024);
  std::vector<Fiber> fibers(300);
  std::string why;
  for (size_t i = 0; i < fibers.size(); i++) {
    Fiber& fiber = fibers[i];
    Check(memory.Carve(&fiber.bounds, &why), why.c_str());
    Check(fiber.bounds.top - fiber.bounds.limit >= 124 * 1024, "JavaScript's part");
    Check(fiber.bounds.limit - fiber.bounds.low == 192 * 1024, "the headroom");
    fiber.number = static_cast<int>(i);
    fiber.sp = greenlit::PrepareStack(fiber.bounds.top, Main, &fiber);
    fiber.valgrind_id = VALGRIND_STACK_REGISTER(fiber.bounds.low, fiber.bounds.top);
  }
  for (int turn = 0; turn < 11; turn++) {
    // A stride that visits all, so that stacks are not left in the order in which they were
    // entered.
    for (size_t i = 0; i < fibers.size(); i++) SwitchTo(&fibers[(i * 7) % fibers.size()]);
    Check(fegetround() == FE_TONEAREST, "the root's rounding mode");
  }
  for (Fiber& fiber : fibers) {
    Check(fiber.ended && fiber.result == Expected(fiber.number), "a fiber's result");
    VALGRIND_STACK_DEREGISTER(fiber.valgrind_id);
#if defined(__SANITIZE_ADDRESS__)
    // The sanitizer still has marks of frames that nothing unwound; the next mapping may lie there.
    __asan_unpoison_memory_region(reinterpret_cast<void*>(fiber.bounds.low),
                                  fiber.bounds.top - fiber.bounds.low);
#endif
  }
}

#if !defined(__SANITIZE_ADDRESS__)  // it would have to be told of these switches
struct Other {
  void* root = nullptr;
  void* sp = nullptr;
  bool kept = true;
};

// Fills the registers differently each time, and switches; true when it finds them as they were.
bool Keeps(void** save, void* load, uint64_t seed) {
  uint64_t in[kPreserved], out[kPreserved] = {};
  for (size_t i = 0; i < kPreserved; i++) in[i] = (seed + i) * 0x9e3779b97f4a7c15;
  SwitchWithRegisters(save, load, in, out);
  return memcmp(in, out, sizeof(in)) == 0;
}

[[noreturn]] void OtherMain(void* argument) {
  auto* other = static_cast<Other*>(argument);
  for (uint64_t seed = 1000;; seed += 100) other->kept &= Keeps(&other->sp, other->root, seed);
}

void TestRegisters() {
  StackMemory memory(128 * 1024);
  StackBounds bounds;
  std::string why;
  Check(memory.Carve(&bounds, &why), why.c_str());
  Other other;
  other.sp = greenlit::PrepareStack(bounds.top, OtherMain, &other);
  unsigned id = VALGRIND_STACK_REGISTER(bounds.low, bounds.top);
  for (uint64_t seed = 0; seed < 20; seed++) {
    Check(Keeps(&other.root, other.sp, seed), "the root's registers");
  }
  Check(other.kept, "the other stack's registers");
  VALGRIND_STACK_DEREGISTER(id);
}
#endif

#if defined(__aarch64__)
// A return address that is overwritten while its stack is suspended must not be used.
void TestSignedReturn() {
  constexpr unsigned long kSigns = 1ul << 30;  // HWCAP_PACA
  if ((getauxval(AT_HWCAP) & kSigns) == 0) {
    puts("left out signed returns: this processor cannot");
    return;
  }
  StackMemory memory(128 * 1024);
  StackBounds bounds;
  std::string why;
  Check(memory.Carve(&bounds, &why), why.c_str());
  for (bool forged : {false, true}) {
    pid_t child = fork();
    if (child == 0) {
      auto leave = [](void*) { _exit(0); };
      void* sp = greenlit::PrepareStack(bounds.top, leave, nullptr);
      if (forged) {
        static_cast<uintptr_t*>(sp)[1] =
            reinterpret_cast<uintptr_t>(greenlit::greenlit_stack_entry);
      }
      void* here;
      greenlit::greenlit_switch_registers(&here, sp);
    }
    int status;
    waitpid(child, &status, 0);
    Check(forged ? WIFSIGNALED(status) : WIFEXITED(status) && WEXITSTATUS(status) == 0,
          forged ? "a forged return address is refused" : "a true one is not");
  }
}
#endif

// Both ways of reading memory that may not be there: all there, ends in a gap, a guard, none there.
void TestProbe() {
  const size_t page = sysconf(_SC_PAGESIZE);
  auto* memory = static_cast<char*>(
      mmap(nullptr, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  for (size_t i = 0; i < 2 * page; i++) memory[i] = static_cast<char>(i * 7);
  mprotect(memory + 2 * page, page, PROT_NONE);
  munmap(memory + 3 * page, page);
  auto at = reinterpret_cast<uintptr_t>(memory);
  std::vector<char> out(2 * page);
  for (auto probe : {greenlit::ProbeRead, greenlit::ProbeReadThroughPipe}) {
    std::fill(out.begin(), out.end(), 0);
    Check(probe(at, out.data(), 2 * page), "all of it");
    Check(memcmp(out.data(), memory, 2 * page) == 0, "as it is");
    Check(probe(at + 2 * page - 8, out.data(), 8), "up to the guard");
    if (RUNNING_ON_VALGRIND) continue;  // valgrind reports what follows
    Check(!probe(at + 2 * page - 8, out.data(), 16), "into the guard");
    Check(!probe(at + 100, out.data(), 2 * page), "far into the guard");
    Check(!probe(at + 2 * page, out.data(), 8), "the guard");
    Check(!probe(at + 3 * page, out.data(), 8), "what was given back");
    Check(!probe(8, out.data(), 8), "no address");
    Check(!probe(greenlit::kAddressLimit - 8, out.data(), 8), "beyond all addresses");
    Check(probe(at, out.data(), 8), "and it can be read again");
  }
  munmap(memory, 3 * page);
}

// Containers may forbid process_vm_readv.
void TestProbeWhereForbidden() {
  pid_t child = fork();
  if (child == 0) {
    sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) _exit(2);
    uint64_t out = 0, value = 0x1234567;
    bool right = greenlit::ProbeRead(reinterpret_cast<uintptr_t>(&value), &out, sizeof(out)) &&
                 out == value && !greenlit::ProbeRead(8, &out, sizeof(out));
    _exit(right ? 0 : 1);
  }
  int status;
  waitpid(child, &status, 0);
  Check(WIFEXITED(status), "it does not crash");
  if (WEXITSTATUS(status) == 2) {
    puts("left out a forbidden process_vm_readv: no seccomp here");
  } else {
    Check(WEXITSTATUS(status) == 0, "memory is read where process_vm_readv is forbidden");
  }
}

size_t ResidentBytes(uintptr_t low, uintptr_t top) {
  const uintptr_t page = sysconf(_SC_PAGESIZE);
  low &= ~(page - 1);
  size_t length = (top - low + page - 1) & ~(page - 1);
  // An emulator answers for the pages of its host, which may be smaller. One of our pages is there
  // when any of its host pages is. So count the answers.
  constexpr unsigned char kNone = 0x80;
  std::vector<unsigned char> answers(length / 4096, kNone);
  Check(mincore(reinterpret_cast<void*>(low), length, answers.data()) == 0, "mincore");
  size_t count = 0;
  while (count < answers.size() && answers[count] != kNone) count++;
  const size_t each = std::max<size_t>(1, page / (length / count));
  size_t present = 0;
  for (size_t at = 0; at < count; at += each) {
    present += std::any_of(&answers[at], &answers[at + each], [](char c) { return (c & 1) != 0; });
  }
  return present * each * (length / count);
}

void TestTrimming() {
  StackMemory memory(512 * 1024);
  StackBounds stack;
  std::string why;
  Check(memory.Carve(&stack, &why), why.c_str());
  auto touch = [&](uintptr_t from) {
    for (uintptr_t at = from; at < stack.top; at += 512) *reinterpret_cast<uint64_t*>(at & ~7) = at;
  };
  uintptr_t in_use = stack.top - 1000;
  const size_t page = sysconf(_SC_PAGESIZE);
  for (size_t used : {size_t{256}, page + 256}) {
    touch(stack.top - used);
    size_t resident = ResidentBytes(stack.low, stack.top);
    memory.TrimIfDeep(stack, in_use);
    Check(ResidentBytes(stack.low, stack.top) == resident, "to look at it touches no further page");
  }
  touch(stack.top - 20 * 1024);
  memory.TrimIfDeep(stack, in_use);
  Check(memory.trims() == 0, "a shallow stack is left alone");

  touch(stack.limit);
  uint64_t kept = *reinterpret_cast<uint64_t*>(in_use & ~7);
  Check(ResidentBytes(stack.limit, stack.top) > 500 * 1024, "a deep stack is in memory");
  memory.TrimIfDeep(stack, in_use);
  Check(memory.trims() == 1, "a deep one is trimmed");
  if (!RUNNING_ON_VALGRIND) {
    Check(ResidentBytes(stack.low, stack.top) <= 4 * page, "its pages are gone");
  }
  Check(*reinterpret_cast<uint64_t*>(in_use & ~7) == kept, "but not those in use");
  Check(*reinterpret_cast<uint64_t*>(stack.limit) == 0, "what was given back reads as zeros");
  memory.TrimIfDeep(stack, in_use);
  Check(memory.trims() == 1, "and is not deep any more");
  touch(stack.low);
  memory.Trim(stack, in_use);
  Check(memory.trims() == 2, "asked to");
}

// A stack that uses up its headroom dies, and does not write to the next stack.
void TestGuard() {
  StackMemory memory(128 * 1024);
  StackBounds lower, upper;
  std::string why;
  Check(memory.Carve(&lower, &why) && memory.Carve(&upper, &why), why.c_str());
  Check(memory.guard() != StackMemory::Guard::kNone, "stacks are guarded");
  *reinterpret_cast<volatile char*>(upper.low) = 1;
  *reinterpret_cast<volatile char*>(lower.top - 1) = 1;
  if (RUNNING_ON_VALGRIND) {
    puts("left out the guard: valgrind reports what hits it");
    return;
  }
  pid_t child = fork();
  if (child == 0) {
    signal(SIGSEGV, SIG_DFL);
    *reinterpret_cast<volatile char*>(upper.low - 8) = 1;
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  Check(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "the guard is hit");
}

// No more address space: Carve says so, and the stacks from before can still be used.
void TestExhaustion() {
#if !defined(__SANITIZE_ADDRESS__)
  if (RUNNING_ON_VALGRIND) {
    puts("left out exhaustion: valgrind needs its address space");
    return;
  }
  pid_t child = fork();
  if (child == 0) {
    StackMemory memory(1024 * 1024);
    StackBounds stack;
    std::string why;
    Check(memory.Carve(&stack, &why), why.c_str());
    struct rlimit limit = {400u << 20, 400u << 20};
    setrlimit(RLIMIT_AS, &limit);
    void* beyond = mmap(nullptr, 500u << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (beyond != MAP_FAILED) _exit(2);
    size_t carved = 1;
    while (memory.Carve(&stack, &why)) carved++;
    Check(carved % 64 == 0 && carved < 512, "whole slabs until the limit");
    Check(why.find("cannot reserve") == 0, why.c_str());
    Check(!memory.Carve(&stack, &why), "and again");
    *reinterpret_cast<volatile char*>(stack.top - 1) = 1;
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 2) {
    puts("left out exhaustion: limits on address space have no effect here");
    return;
  }
  Check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "exhaustion");
#else
  puts("left out exhaustion: AddressSanitizer needs its address space");
#endif
}

}  // namespace

int main() {
  TestSwitching();
#if !defined(__SANITIZE_ADDRESS__)
  TestRegisters();
#endif
#if defined(__aarch64__)
  TestSignedReturn();
#endif
  TestProbe();
  if (!RUNNING_ON_VALGRIND) TestProbeWhereForbidden();
  TestTrimming();
  TestGuard();
  TestExhaustion();
  if (checks < 1000) return 1;
  puts("pass");
  return 0;
}
