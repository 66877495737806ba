#include "v8/v8_module.h"

#include <link.h>

#include <algorithm>

#include "v8/compat.h"

namespace greenlit {

namespace {

// For dl_iterate_phdr. The module of V8 is the one in which a function of V8 lies.
int LookAt(struct dl_phdr_info* module, size_t, void* data) {
  const auto function = reinterpret_cast<uintptr_t>(&v8::base::Stack::GetStackStart);
  V8Module found;
  bool holds_v8 = false;
  for (int i = 0; i < module->dlpi_phnum; i++) {
    const auto& header = module->dlpi_phdr[i];
    if (header.p_type == PT_LOAD) {
      uintptr_t start = module->dlpi_addr + header.p_vaddr;
      if (function - start < header.p_memsz) holds_v8 = true;
      found.image_start = std::min(found.image_start, start);
      found.image_end = std::max(found.image_end, start + header.p_memsz);
      if ((header.p_flags & PF_W) != 0) {
        found.variables.emplace_back(reinterpret_cast<char*>(start), header.p_memsz);
      }
    } else if (header.p_type == PT_TLS && module->dlpi_tls_data != nullptr) {
      found.thread_locals = static_cast<char*>(module->dlpi_tls_data);
      found.thread_locals_size = header.p_memsz;
    }
  }
  if (!holds_v8) return 0;
  *static_cast<V8Module*>(data) = found;
  return 1;
}

}  // namespace

V8Module V8Module::Find() {
  V8Module found;
  dl_iterate_phdr(LookAt, &found);
  return found;
}

}  // namespace greenlit
