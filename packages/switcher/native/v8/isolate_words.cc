#include "v8/isolate_words.h"

#include "machine/memory_probe.h"

namespace greenlit {

namespace {

// No supported version has a larger isolate.
constexpr size_t kIsolateWords = 16 * 1024;

}  // namespace

std::vector<uintptr_t> IsolateWords(v8::Isolate* isolate) {
  return ProbeWords(reinterpret_cast<uintptr_t>(isolate), kIsolateWords);
}

}  // namespace greenlit
