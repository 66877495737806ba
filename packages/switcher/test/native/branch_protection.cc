// Runs stacks.cc, built as a library with branch protection, in memory where an indirect call must
// land on a `bti`. The C library may not know how to ask for that, so this program does it.

#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>

int RunStacksTest();

namespace {

constexpr unsigned long kHasBti = 1ul << 17;  // HWCAP2_BTI
constexpr int kProtBti = 0x10;

// For dl_iterate_phdr: protects the code that holds the address *data.
int Protect(struct dl_phdr_info* module, size_t, void* data) {
  const uintptr_t page = sysconf(_SC_PAGESIZE);
  for (int i = 0; i < module->dlpi_phnum; i++) {
    const auto& header = module->dlpi_phdr[i];
    uintptr_t start = module->dlpi_addr + header.p_vaddr;
    uintptr_t end = start + header.p_memsz;
    if (header.p_type != PT_LOAD || (header.p_flags & PF_X) == 0) continue;
    if (*static_cast<uintptr_t*>(data) - start >= header.p_memsz) continue;
    start &= ~(page - 1);
    auto* code = reinterpret_cast<void*>(start);
    return mprotect(code, end - start, PROT_READ | PROT_EXEC | kProtBti) == 0 ? 1 : -1;
  }
  return 0;
}

}  // namespace

int main() {
  if ((getauxval(AT_HWCAP2) & kHasBti) == 0) {
    puts("left out branch targets: this processor does not check them");
    return RunStacksTest();
  }
  auto function = reinterpret_cast<uintptr_t>(&RunStacksTest);
  if (dl_iterate_phdr(Protect, &function) != 1) return 1;
  pid_t child = fork();
  if (child == 0) {
    // A call behind the landing pad. It must be refused: that shows that calls are checked at all.
    auto* past = reinterpret_cast<int (*)()>(function + 4);
    past();
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGILL) {
    puts("a call past the landing pad was not refused");
    return 1;
  }
  return RunStacksTest();
}
