// The order of V8's callbacks around garbage collections.
//
// A callback may allocate, and that may start another collection inside the callback. V8 announces
// such a nested collection to no one. Some of our callbacks change what V8 sees, so their place in
// the order matters:
//
//   - A change that a nested collection must not meet is made by the last callback before a
//     collection, and undone by the first one after it (ThreadList).
//   - A change that a nested collection needs, too, is made by the first callback before a
//     collection, and undone by the last one after it (binding.cc).

#ifndef GREENLIT_V8_GC_CALLBACKS_H_
#define GREENLIT_V8_GC_CALLBACKS_H_

#include <v8.h>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace greenlit {

using GcCallback = v8::Isolate::GCCallbackWithData;

// One of V8's two lists, before and after a collection. V8 keeps it as a vector in the isolate. A
// new callback is added at the end. When one is removed, the last entry takes its place.
class GcCallbackList {
 public:
  enum Kind { kBefore, kAfter };

  // Empty when the list is not found.
  static std::optional<GcCallbackList> Find(v8::Isolate* isolate, Kind kind);

  bool IsFirst(GcCallback callback, void* data) const;
  bool IsLast(GcCallback callback, void* data) const;

  // Move a callback that has been added. Not while V8 goes through this list.
  void MakeFirst(GcCallback callback, void* data) const;
  void MakeLast(GcCallback callback, void* data) const;

 private:
  char* begin() const { return reinterpret_cast<char*>(words_[0]); }
  char* end() const { return reinterpret_cast<char*>(words_[1]); }
  bool IsAt(const char* at, GcCallback callback, void* data) const;
  char* Entry(GcCallback callback, void* data) const;

  uintptr_t* words_ = nullptr;  // begin, end, capacity
  size_t entry_ = 0;  // bytes of an entry: a callback, the collections it is for, its data
};

struct GcCallbacks {
  GcCallbackList before;
  GcCallbackList after;

  static std::optional<GcCallbacks> Find(v8::Isolate* isolate) {
    auto before = GcCallbackList::Find(isolate, GcCallbackList::kBefore);
    auto after = GcCallbackList::Find(isolate, GcCallbackList::kAfter);
    if (!before.has_value() || !after.has_value()) return std::nullopt;
    return GcCallbacks{*before, *after};
  }
};

}  // namespace greenlit

#endif  // GREENLIT_V8_GC_CALLBACKS_H_
