// The addon: one Environment for each Node environment (main thread or worker), and the functions
// JavaScript calls. Values and errors never pass through here; see src/raw-greenlet.ts.

#include <node.h>

#include <memory>
#include <mutex>
#include <string>

#include "drivers.h"
#include "monitor.h"
#include "sampler.h"
#include "v8_compat.h"

namespace greenlit {

namespace {

using v8::Context;
using v8::Function;
using v8::FunctionCallbackInfo;
using v8::HandleScope;
using v8::Int32;
using v8::Isolate;
using v8::Local;
using v8::Number;
using v8::Object;
using v8::String;
using v8::Value;

// Collects garbage. What proves the driver must not depend on --expose-gc, but V8 insists on the
// flag: so it is on for the length of the call. It is one flag for all threads; one of them that
// switched it off while another collects would have V8 abort.
void Collect(Isolate* isolate, bool minor) {
  static std::mutex flag;
  std::lock_guard<std::mutex> lock(flag);
  // V8 does not tell its flags, but what code that is cached depends on: a number made of all of
  // them. (To look for `gc` in a new context would lose a request to terminate.)
  uint32_t before = v8::ScriptCompiler::CachedDataVersionTag();
  v8::V8::SetFlagsFromString("--expose-gc");
  bool exposed = v8::ScriptCompiler::CachedDataVersionTag() == before;
  isolate->RequestGarbageCollectionForTesting(minor ? Isolate::kMinorGarbageCollection
                                                    : Isolate::kFullGarbageCollection);
  if (!exposed) v8::V8::SetFlagsFromString("--no-expose-gc");
}

class Environment {
 public:
  Environment(Isolate* isolate, Local<Context> context) : isolate_(isolate), drivers_(isolate) {
    context_.Reset(isolate, context);
    isolate->AddGCPrologueCallback(BeforeScavenge, this, v8::kGCTypeScavenge);
    isolate->AddGCEpilogueCallback(AfterScavenge, this, v8::kGCTypeScavenge);
    node::AddEnvironmentCleanupHook(isolate, Delete, this);
  }

  ~Environment() {
    isolate_->RemoveGCPrologueCallback(BeforeScavenge, this);
    isolate_->RemoveGCEpilogueCallback(AfterScavenge, this);
  }

  static Environment* From(const FunctionCallbackInfo<Value>& info) {
    return static_cast<Environment*>(compat::ExternalPointer(info.Data()));
  }

  // Empty when all is well, else why this driver cannot run here.
  std::string Open(const std::string& name, Local<Function> entry, size_t stack_size,
                   const std::string& sabotage, bool skip_resting) {
    std::string why;
    DriverOptions options{stack_size, sabotage, skip_resting, Collect, RunEntry, this};
    driver_ = drivers_.Open(name, options, &why);
    if (driver_ != nullptr) entry_.Reset(isolate_, entry);
    return why;
  }

  void Close() {
    driver_.reset();
    entry_.Reset();
  }

  // Async state: the continuation data rides in a handle on the stack that owns it, so the garbage
  // collector keeps it right while the stack is suspended.
  void Transfer(int id) {
    compat::ContinuationData data = compat::GetContinuationData(isolate_);
    driver_->Transfer(id);
    compat::SetContinuationData(isolate_, data);
    // A terminated greenlet unwound to its first frame and sent us on to the root; here the
    // termination goes on, as it would have if all had been one stack.
    if (terminated_) {
      terminated_ = false;
      CallEntry(kTerminated);
      isolate_->TerminateExecution();
      // V8 acts on that when the next function is entered. Let it be this one, or the caller would
      // go on for a while, as if its switch had returned.
      CallEntry(kTerminated);
    }
  }

  Driver* driver() { return driver_.get(); }

 private:
  // Runs one greenlet from start to end on stack `id`; returns the stack to go on with.
  static int RunEntry(void* data, int id) {
    auto* self = static_cast<Environment*>(data);
    Isolate* isolate = self->isolate_;
    HandleScope handles(isolate);
    Local<Context> context = self->context_.Get(isolate);
    Context::Scope scope(context);
    v8::TryCatch caught(isolate);
    Local<Value> next;
    if (self->CallEntry(id).ToLocal(&next)) return next.As<Int32>()->Value();
    // The entry function catches whatever can be caught.
    self->terminated_ = true;
    return Driver::kRoot;
  }

  static void Delete(void* self) { delete static_cast<Environment*>(self); }

  // V8 visits the isolate's continuation data once for each archived thread, and a scavenge that
  // meets a young object twice through one slot copies it twice: a crash soon after. So the slot is
  // empty while a scavenge runs, and what was in it is kept where it is visited once.
  static void BeforeScavenge(Isolate* isolate, v8::GCType, v8::GCCallbackFlags, void* data) {
    auto* self = static_cast<Environment*>(data);
    self->kept_.Reset(isolate, compat::GetContinuationData(isolate));
    compat::ClearContinuationData(isolate);
  }

  static void AfterScavenge(Isolate* isolate, v8::GCType, v8::GCCallbackFlags, void* data) {
    auto* self = static_cast<Environment*>(data);
    compat::SetContinuationData(isolate, self->kept_.Get(isolate));
    self->kept_.Reset();
  }

  v8::MaybeLocal<Value> CallEntry(int id) {
    Local<Context> context = context_.Get(isolate_);
    Local<Value> argument = v8::Integer::New(isolate_, id);
    return entry_.Get(isolate_)->Call(context, v8::Undefined(isolate_), 1, &argument);
  }

  // Tells the entry function, on the root, that the running greenlet was terminated and is no more.
  static constexpr int kTerminated = -1;

  Isolate* isolate_;
  v8::Global<Context> context_;
  v8::Global<Function> entry_;
  Drivers drivers_;
  std::unique_ptr<Driver> driver_;
  bool terminated_ = false;
  compat::KeptContinuationData kept_;
};

// new Open(driver, entry, stackSize, sabotage, skipResting): sets `failure`, a string, when it
// cannot run. A construct call, because that is where the layout can be learned. entry(id) runs a
// greenlet on stack `id` and returns the stack to go on with; entry(-1), on the root, hears that
// the running greenlet was terminated.
void Open(const FunctionCallbackInfo<Value>& info) {
  Isolate* isolate = info.GetIsolate();
  Local<Context> context = isolate->GetCurrentContext();
  String::Utf8Value name(isolate, info[0]);
  String::Utf8Value sabotage(isolate, info[3]);
  std::string failure = Environment::From(info)->Open(
      *name, info[1].As<Function>(), static_cast<size_t>(info[2].As<Number>()->Value()), *sabotage,
      info[4]->IsTrue());
  if (failure.empty()) return;
  // Not where what runs is to terminate: nobody will ask.
  info.This()
      ->Set(context, String::NewFromUtf8Literal(isolate, "failure"),
            String::NewFromUtf8(isolate, failure.c_str()).ToLocalChecked())
      .FromMaybe(false);
}

// drivers(): names of those that this platform has, best first.
void DriverNames(const FunctionCallbackInfo<Value>& info) {
  Isolate* isolate = info.GetIsolate();
  Local<v8::Array> names = v8::Array::New(isolate);
  for (const std::string& name : Drivers::Names()) {
    names
        ->Set(isolate->GetCurrentContext(), names->Length(),
              String::NewFromUtf8(isolate, name.c_str()).ToLocalChecked())
        .Check();
  }
  info.GetReturnValue().Set(names);
}

// close(): forgets all stacks; none but the root may be running.
void Close(const FunctionCallbackInfo<Value>& info) { Environment::From(info)->Close(); }

// create(): id of a new idle stack, or a string that says why there is none.
void Create(const FunctionCallbackInfo<Value>& info) {
  std::string why;
  int id = Environment::From(info)->driver()->Create(&why);
  if (id >= 0) {
    info.GetReturnValue().Set(id);
  } else {
    info.GetReturnValue().Set(String::NewFromUtf8(info.GetIsolate(), why.c_str()).ToLocalChecked());
  }
}

// transfer(id)
void Transfer(const FunctionCallbackInfo<Value>& info) {
  Environment::From(info)->Transfer(info[0].As<Int32>()->Value());
}

// finish(id): what ran on this stack has ended; goes on with stack `id`, and returns true when the
// next is to run here. The asynchronous state is not kept: that one begins in the state of whoever
// transferred here. False: entry must return `id`.
void Finish(const FunctionCallbackInfo<Value>& info) {
  info.GetReturnValue().Set(
      Environment::From(info)->driver()->Finish(info[0].As<Int32>()->Value()));
}

// release(id)
void Release(const FunctionCallbackInfo<Value>& info) {
  Environment::From(info)->driver()->Release(info[0].As<Int32>()->Value());
}

// microtasks(): a number that is another one inside a run of the microtask queue, or inside a scope
// that holds the queue up, than outside.
void Microtasks(const FunctionCallbackInfo<Value>& info) {
  Isolate* isolate = info.GetIsolate();
  int depth = v8::MicrotasksScope::GetCurrentDepth(isolate);
  info.GetReturnValue().Set(2 * depth +
                            (v8::MicrotasksScope::IsRunningMicrotasks(isolate) ? 1 : 0));
}

// stats(): { stacks, reservedBytes, trims, resting, skipsResting, guard }
void Stats(const FunctionCallbackInfo<Value>& info) {
  Isolate* isolate = info.GetIsolate();
  Local<Context> context = isolate->GetCurrentContext();
  DriverStats stats = Environment::From(info)->driver()->Stats();
  Local<Object> result = Object::New(isolate);
  auto set = [&](const char* name, Local<Value> value) {
    result->Set(context, String::NewFromUtf8(isolate, name).ToLocalChecked(), value).Check();
  };
  set("stacks", Number::New(isolate, static_cast<double>(stats.stacks)));
  set("reservedBytes", Number::New(isolate, static_cast<double>(stats.reserved_bytes)));
  set("trims", Number::New(isolate, static_cast<double>(stats.trims)));
  set("resting", Number::New(isolate, static_cast<double>(stats.resting)));
  set("skipsResting", v8::Boolean::New(isolate, stats.skips_resting));
  set("guard", String::NewFromUtf8(isolate, stats.guard).ToLocalChecked());
  info.GetReturnValue().Set(result);
}

// collectGarbage(minor)
void CollectGarbage(const FunctionCallbackInfo<Value>& info) {
  Collect(info.GetIsolate(), info[0]->IsTrue());
}

}  // namespace

NODE_MODULE_INIT() {
  Isolate* isolate = Isolate::GetCurrent();
  // V8 aborts in WebAssembly code collection when any thread is archived ("archived threads in
  // combination with wasm not supported"), so that collection is off before the first greenlet.
  v8::V8::SetFlagsFromString("--no-wasm-code-gc");

  auto* environment = new Environment(isolate, context);
  Local<v8::External> data = compat::NewExternal(isolate, environment);
  auto set = [&](const char* name, v8::FunctionCallback callback) {
    Local<String> key = String::NewFromUtf8(isolate, name).ToLocalChecked();
    Local<v8::FunctionTemplate> function = v8::FunctionTemplate::New(isolate, callback, data);
    function->SetClassName(key);
    exports.As<Object>()
        ->Set(context, key, function->GetFunction(context).ToLocalChecked())
        .Check();
  };
  set("drivers", DriverNames);
  set("Open", Open);
  set("close", Close);
  set("create", Create);
  set("transfer", Transfer);
  set("finish", Finish);
  set("release", Release);
  set("microtasks", Microtasks);
  set("stats", Stats);
  set("collectGarbage", CollectGarbage);
  InitSampler(isolate, context, exports.As<Object>());
  InitMonitor(isolate, context, exports.As<Object>());
}

}  // namespace greenlit
