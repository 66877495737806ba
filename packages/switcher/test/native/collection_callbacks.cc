// An addon that is called around scavenges and collects then, as V8's header allows: by allocating,
// or by asking for it.
#include <node.h>

namespace {

using v8::FunctionCallbackInfo;
using v8::Isolate;
using v8::Value;

enum How { kNothing, kAllocate, kCollectAll };

How how = kNothing;
bool inside = false;
int calls = 0;
int left = 0;  // some flags make V8 scavenge without end

void Callback(Isolate* isolate, v8::GCType, v8::GCCallbackFlags, void*) {
  if (inside || how == kNothing || left == 0) return;
  inside = true;
  left--;
  calls++;
  v8::HandleScope handles(isolate);
  if (how == kCollectAll) {
    isolate->LowMemoryNotification();
  } else {
    for (int i = 0; i < 4000; i++) {
      v8::HandleScope each(isolate);
      v8::Array::New(isolate, 4000);
    }
  }
  inside = false;
}

// arm(how): the next eight times 0: nothing, 1: allocates 128 MB, 2: collects all. Returns how
// often it has done so.
void Arm(const FunctionCallbackInfo<Value>& info) {
  how = static_cast<How>(info[0].As<v8::Int32>()->Value());
  left = 8;
  info.GetReturnValue().Set(calls);
}

void Before(const FunctionCallbackInfo<Value>& info) {
  info.GetIsolate()->AddGCPrologueCallback(Callback, nullptr, v8::kGCTypeScavenge);
}

void After(const FunctionCallbackInfo<Value>& info) {
  info.GetIsolate()->AddGCEpilogueCallback(Callback, nullptr, v8::kGCTypeScavenge);
}

void Remove(const FunctionCallbackInfo<Value>& info) {
  info.GetIsolate()->RemoveGCPrologueCallback(Callback, nullptr);
  info.GetIsolate()->RemoveGCEpilogueCallback(Callback, nullptr);
}

}  // namespace

NODE_MODULE_INIT() {
  NODE_SET_METHOD(exports, "arm", Arm);
  NODE_SET_METHOD(exports, "before", Before);
  NODE_SET_METHOD(exports, "after", After);
  NODE_SET_METHOD(exports, "remove", Remove);
}
