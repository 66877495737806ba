// All differences between the V8 versions of Node 20 (11.3), 22 (12.4), 24 (13.6) and 26 (14.6). No
// other native source looks at the version.

#ifndef GREENLIT_V8_COMPAT_H_
#define GREENLIT_V8_COMPAT_H_

#include <v8.h>
#include <v8-internal.h>

// V8 exports this function but does not declare it in its public headers.
namespace v8 {
namespace base {
struct Stack {
  static void* GetStackStart();
};
}  // namespace base
}  // namespace v8

namespace greenlit {
namespace compat {

using Internals = v8::internal::Internals;

// The place of the thread-local top in an isolate, and its size: constants of v8-internal.h.
constexpr size_t kThreadLocalTopOffset = Internals::kIsolateThreadLocalTopOffset;
constexpr size_t kThreadLocalTopSize = Internals::kThreadLocalTopSize;

// The same of the stack guard, which holds the limits of the running stack and pending interrupts.
constexpr size_t kStackGuardOffset = Internals::kIsolateStackGuardOffset;
constexpr size_t kStackGuardSize = Internals::kStackGuardSize;

// V8's "continuation-preserved embedder data", where Node 24 and later keep the AsyncContextFrame.
// In V8 11.3 it belongs to a context, and Node does not use it.
#if V8_MAJOR_VERSION >= 14
using ContinuationData = v8::Local<v8::Data>;
using KeptContinuationData = v8::Global<v8::Data>;
inline ContinuationData GetContinuationData(v8::Isolate* isolate) {
  return isolate->GetContinuationPreservedEmbedderDataV2();
}
inline void SetContinuationData(v8::Isolate* isolate, ContinuationData data) {
  isolate->SetContinuationPreservedEmbedderDataV2(data);
}
#elif V8_MAJOR_VERSION >= 12
using ContinuationData = v8::Local<v8::Value>;
using KeptContinuationData = v8::Global<v8::Value>;
inline ContinuationData GetContinuationData(v8::Isolate* isolate) {
  return isolate->GetContinuationPreservedEmbedderData();
}
inline void SetContinuationData(v8::Isolate* isolate, ContinuationData data) {
  isolate->SetContinuationPreservedEmbedderData(data);
}
#else
struct ContinuationData {};
struct KeptContinuationData {
  void Reset(v8::Isolate*, ContinuationData) {}
  void Reset() {}
  bool IsEmpty() const { return true; }
  ContinuationData Get(v8::Isolate*) const { return {}; }
};
inline ContinuationData GetContinuationData(v8::Isolate*) { return {}; }
inline void SetContinuationData(v8::Isolate*, ContinuationData) {}
#endif

inline bool HasContinuationData(v8::Isolate* isolate) {
#if V8_MAJOR_VERSION >= 14
  v8::Local<v8::Data> data = GetContinuationData(isolate);
  return !data->IsValue() || !data.As<v8::Value>()->IsUndefined();
#elif V8_MAJOR_VERSION >= 12
  return !GetContinuationData(isolate)->IsUndefined();
#else
  return false;
#endif
}

inline void ClearContinuationData(v8::Isolate* isolate) {
#if V8_MAJOR_VERSION >= 12
  SetContinuationData(isolate, v8::Undefined(isolate));
#endif
}

// V8 14 asks for a tag that says what kind of thing an external points to.
#if V8_MAJOR_VERSION >= 14
inline v8::Local<v8::External> NewExternal(v8::Isolate* isolate, void* pointer) {
  return v8::External::New(isolate, pointer, v8::kExternalPointerTypeTagDefault);
}
inline void* ExternalPointer(v8::Local<v8::Value> external) {
  return external.As<v8::External>()->Value(v8::kExternalPointerTypeTagDefault);
}
#else
inline v8::Local<v8::External> NewExternal(v8::Isolate* isolate, void* pointer) {
  return v8::External::New(isolate, pointer);
}
inline void* ExternalPointer(v8::Local<v8::Value> external) {
  return external.As<v8::External>()->Value();
}
#endif

}  // namespace compat
}  // namespace greenlit

#endif  // GREENLIT_V8_COMPAT_H_
