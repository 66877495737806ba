#include "v8/flags.h"

#include <mutex>
#include <string>

namespace greenlit {

namespace flags_v1 {

inline uint32_t Tag() { return v8::ScriptCompiler::CachedDataVersionTag(); }

// A flag that is changed by its byte, or else in the documented way. Its functions need the lock.
class Flag {
 public:
  explicit Flag(const char* name) : name_(name), byte_(FindFlagByte(name)) {}

  // Returns the old value.
  bool Set(bool value) {
    if (byte_ != nullptr) {
      bool before = *byte_ != 0;
      *byte_ = value;
      return before;
    }
    // V8 has no function that returns a flag. But it has one that returns a number made of all
    // flags, which code caches depend on.
    uint32_t before = Tag();
    v8::V8::SetFlagsFromString(((value ? "--" : "--no-") + name_).c_str());
    return Tag() == before ? value : !value;
  }

 private:
  const std::string name_;
  volatile char* const byte_;
};

struct Flags {
  std::recursive_mutex lock;  // recursive: a callback of one collection may start another
  // Both are found before either is changed, because looking for one makes V8 compute its number
  // anew.
  Flag wasm_code_gc{"wasm-code-gc"};
  Flag expose_gc{"expose-gc"};
};

}  // namespace flags_v1

using flags_v1::Flags;

// V8 has one set of flags for all threads, so there must be one lock for every copy of this addon
// in the process. Where the loader supports it, a static variable of an inline function with
// default visibility is shared by all libraries.
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
inline Flags&
TheFlags() {
  static Flags flags;
  return flags;
}

void DisableWasmCodeCollection() {
  Flags& flags = TheFlags();
  std::lock_guard<std::recursive_mutex> lock(flags.lock);
  flags.wasm_code_gc.Set(false);
}

// V8 would abort if one thread switched the flag off while another collects. Hence the lock.
void CollectGarbage(v8::Isolate* isolate, bool minor) {
  Flags& flags = TheFlags();
  std::lock_guard<std::recursive_mutex> lock(flags.lock);
  bool before = flags.expose_gc.Set(true);
  isolate->RequestGarbageCollectionForTesting(minor ? v8::Isolate::kMinorGarbageCollection
                                                    : v8::Isolate::kFullGarbageCollection);
  flags.expose_gc.Set(before);
}

}  // namespace greenlit
