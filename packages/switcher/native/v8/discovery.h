// What all steps of the discovery share. The discovery finds out where V8 keeps its state:
// layout.cc and unarchived_words.cc.

#ifndef GREENLIT_V8_DISCOVERY_H_
#define GREENLIT_V8_DISCOVERY_H_

#include <v8.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "machine/memory_probe.h"
#include "v8/isolate_words.h"
#include "v8/layout.h"

namespace greenlit {

class Discovery {
 public:
  Discovery(v8::Isolate* isolate, const std::string& sabotage, Layout* layout, std::string* why)
      : isolate_(isolate),
        base_(reinterpret_cast<uintptr_t>(isolate)),
        sabotage_(sabotage),
        layout_(*layout),
        why_(*why) {}

 protected:
  // The rule of every step: exactly one hit, or the driver is refused.
  bool Exactly1(const char* step, size_t hits) {
    if (sabotage_ == step) hits = 0;
    if (sabotage_ == std::string(step) + ":twice") hits = 2;
    if (hits == 1) return true;
    why_ =
        std::string(step) + ": " + (hits == 0 ? "not found" : std::to_string(hits) + " candidates");
    return false;
  }

  // The same for what only some versions of V8 have.
  bool AtMost1(const char* step, size_t hits) {
    return (hits == 0 && sabotage_.rfind(step, 0) != 0) || Exactly1(step, hits);
  }

  std::vector<uintptr_t> IsolateWords() { return greenlit::IsolateWords(isolate_); }

  // Whether it is a word of the thread-local top. V8 archives that, and each word may have any
  // value.
  static bool IsThreadLocalTop(size_t word) {
    return word * sizeof(uintptr_t) - compat::kThreadLocalTopOffset < compat::kThreadLocalTopSize;
  }

  v8::Isolate* isolate_;
  uintptr_t base_;
  const std::string& sabotage_;
  Layout& layout_;
  std::string& why_;
};

}  // namespace greenlit

#endif  // GREENLIT_V8_DISCOVERY_H_
