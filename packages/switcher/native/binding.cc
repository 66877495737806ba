// The addon: the functions that JavaScript calls, and one Environment for each Node environment
// (main thread or worker). The values and errors that greenlets hand over never pass through here:
// see src/raw-greenlet.ts.

#include <node.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "drivers/drivers.h"
#include "tools/monitor.h"
#include "tools/sampler.h"
#include "v8/compat.h"
#include "v8/flags.h"

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

// The version of the exports. It must change when their meaning changes: two copies of this package
// share them only if their numbers are the same.
constexpr int kInterface = 1;

class Environment {
 public:
  Environment(Isolate* isolate, Local<Context> context) : isolate_(isolate), drivers_(isolate) {
    context_.Reset(isolate, context);
    node::AddEnvironmentCleanupHook(isolate, Delete, this);
  }

  ~Environment() { Close(); }

  static Environment* From(const FunctionCallbackInfo<Value>& info) {
    return static_cast<Environment*>(compat::ExternalPointer(info.Data()));
  }

  // Returns why this driver cannot run here; empty when it is open.
  std::string Open(const std::string& name, Local<Function> entry, size_t stack_size,
                   const std::string& sabotage, bool skip_resting) {
    if (driver_ != nullptr) return "a driver is open in this thread already, for another copy";
    DisableWasmCodeCollection();
    std::string why;
    DriverOptions options{stack_size, sabotage, skip_resting, RunEntry, this};
    isolate_->AddGCPrologueCallback(BeforeScavenge, this, v8::kGCTypeScavenge);
    isolate_->AddGCEpilogueCallback(AfterScavenge, this, v8::kGCTypeScavenge);
    drivers_.CallFirst(BeforeScavenge, this);
    driver_ = drivers_.Open(name, options, &why);
    if (driver_ != nullptr) {
      entry_.Reset(isolate_, entry);
    } else {
      RemoveCallbacks();
    }
    return why;
  }

  void Close() {
    if (driver_ == nullptr) return;
    driver_.reset();
    first_id_ += newest_stack_;
    newest_stack_ = 0;
    entry_.Reset();
    RemoveCallbacks();
  }

  // Returns the id of a new idle stack, or -1 with the reason in *why.
  int Create(std::string* why) {
    int stack = driver_->Create(why);
    if (stack < 0) return stack;
    newest_stack_ = stack;
    return IdOf(stack);
  }

  // JavaScript's id of a stack of this driver. When another driver is opened, these ids go on where
  // those of the last driver ended. Otherwise an old id would name a new stack. The root has the
  // same id in all drivers.
  int IdOf(int stack) const { return stack == Driver::kRoot ? stack : first_id_ + stack; }

  // The driver's id of a stack that JavaScript names; -1 when there is no such stack.
  int StackOf(Local<Value> id) const {
    int value = id.As<Int32>()->Value();
    if (value == Driver::kRoot) return driver_ == nullptr ? -1 : value;
    auto stack = static_cast<unsigned>(value) - static_cast<unsigned>(first_id_);
    return stack - 1 < static_cast<unsigned>(newest_stack_) ? static_cast<int>(stack) : -1;
  }

  int Holds() { return drivers_.holds.Now(); }

  // Returns false, and does nothing, when the running stack cannot be left: see Holds().
  bool Transfer(int stack) {
    if (Holds() != 0) return false;
    // The asynchronous state belongs to the stack. While the stack is suspended, a handle on it
    // keeps the continuation data; so the garbage collector sees and updates it.
    compat::ContinuationData data = compat::GetContinuationData(isolate_);
    driver_->Transfer(stack);
    compat::SetContinuationData(isolate_, data);
    // V8 has terminated a greenlet: it was unwound to its first frame, and then the root was
    // continued. The termination must go on here, as if the greenlet and the root were one stack.
    if (terminated_) {
      terminated_ = false;
      CallEntry(kTerminated);
      isolate_->TerminateExecution();
      // V8 acts on that when the next function is entered. So one is entered here. Otherwise the
      // caller would run on for a while, as if its switch had returned.
      CallEntry(kTerminated);
    }
    return true;
  }

  Driver* driver() { return driver_.get(); }

 private:
  // The StackMain of all drivers. Runs one greenlet from start to end on stack `id`; returns the
  // stack that goes on next.
  static int RunEntry(void* data, int id) {
    auto* self = static_cast<Environment*>(data);
    Isolate* isolate = self->isolate_;
    HandleScope handles(isolate);
    Local<Context> context = self->context_.Get(isolate);
    Context::Scope scope(context);
    // Holds looks at the word behind each TryCatch, so a harmless one must lie there.
    struct {
      v8::TryCatch caught;
      void* volatile not_an_addon = nullptr;
    } entry{v8::TryCatch(isolate)};
    Local<Value> next;
    if (self->CallEntry(self->IdOf(id)).ToLocal(&next)) {
      int stack = self->StackOf(next);
      return stack < 0 ? Driver::kRoot : stack;
    }
    // The entry function catches all errors. So this was a termination, which cannot be caught.
    self->terminated_ = true;
    return Driver::kRoot;
  }

  static void Delete(void* self) { delete static_cast<Environment*>(self); }

  // V8 visits the isolate's continuation data once for each archived thread. If a scavenge meets a
  // young object twice through one slot, it copies the object twice, and V8 crashes soon after. So
  // the slot is empty while a scavenge runs, and its content is kept in kept_data_, which is
  // visited once.
  //
  // Other callbacks may start scavenges of their own. So BeforeScavenge runs before all others, and
  // AfterScavenge after all others. A scavenge in between finds the slot empty, and does not touch
  // kept_data_.
  static void BeforeScavenge(Isolate* isolate, v8::GCType, v8::GCCallbackFlags, void* data) {
    auto* self = static_cast<Environment*>(data);
    self->drivers_.CallLast(AfterScavenge, self);
    // V8 visits the suspended stacks of WebAssembly once for each archived thread, too. That does
    // not matter to a full collection. So one is made first: it leaves no young object for the
    // scavenge to copy twice.
    if (self->drivers_.holds.HasWasmStacks()) CollectGarbage(isolate, false);
    if (!self->kept_data_.IsEmpty() || !compat::HasContinuationData(isolate)) return;
    self->kept_data_.Reset(isolate, compat::GetContinuationData(isolate));
    compat::ClearContinuationData(isolate);
  }

  static void AfterScavenge(Isolate* isolate, v8::GCType, v8::GCCallbackFlags, void* data) {
    auto* self = static_cast<Environment*>(data);
    if (self->kept_data_.IsEmpty()) return;
    compat::SetContinuationData(isolate, self->kept_data_.Get(isolate));
    self->kept_data_.Reset();
  }

  void RemoveCallbacks() {
    isolate_->RemoveGCPrologueCallback(BeforeScavenge, this);
    isolate_->RemoveGCEpilogueCallback(AfterScavenge, this);
  }

  v8::MaybeLocal<Value> CallEntry(int id) {
    Local<Context> context = context_.Get(isolate_);
    Local<Value> argument = v8::Integer::New(isolate_, id);
    return entry_.Get(isolate_)->Call(context, v8::Undefined(isolate_), 1, &argument);
  }

  // Instead of a stack's id: tells the entry function, on the root, that V8 has terminated the
  // running greenlet, and that it has ended.
  static constexpr int kTerminated = -1;

  Isolate* isolate_;
  v8::Global<Context> context_;
  v8::Global<Function> entry_;
  Drivers drivers_;
  std::unique_ptr<Driver> driver_;
  int first_id_ = 0;
  int newest_stack_ = 0;  // the stack made last
  bool terminated_ = false;
  compat::KeptContinuationData kept_data_;
};

// new Open(driver, entry, stackSize, sabotage, skipResting)
//
// Sets `failure`, a string, when the driver cannot run. It is a construct call, because only there
// can the layout be learned. entry(id) runs a greenlet on stack `id` and returns the stack that
// goes on next. entry(-1) is called on the root when V8 has terminated the running greenlet.
void Open(const FunctionCallbackInfo<Value>& info) {
  Isolate* isolate = info.GetIsolate();
  Local<Context> context = isolate->GetCurrentContext();
  String::Utf8Value name(isolate, info[0]);
  String::Utf8Value sabotage(isolate, info[3]);
  std::string failure = Environment::From(info)->Open(
      *name, info[1].As<Function>(), static_cast<size_t>(info[2].As<Number>()->Value()), *sabotage,
      info[4]->IsTrue());
  // When V8 is terminating what runs, no one will read `failure`. And newer V8 takes its next call
  // of a function for the end of the termination: JavaScript would then run on for ever.
  if (failure.empty() || isolate->IsExecutionTerminating()) return;
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

// close(): forgets all stacks. Only the root may be running.
void Close(const FunctionCallbackInfo<Value>& info) { Environment::From(info)->Close(); }

// create(): the id of a new idle stack, or a string that says why there is none.
void Create(const FunctionCallbackInfo<Value>& info) {
  std::string why;
  int id = Environment::From(info)->Create(&why);
  if (id >= 0) {
    info.GetReturnValue().Set(id);
  } else {
    info.GetReturnValue().Set(String::NewFromUtf8(info.GetIsolate(), why.c_str()).ToLocalChecked());
  }
}

// The stack that the first argument names. When there is none: -1, and a RangeError is thrown.
int StackArgument(const FunctionCallbackInfo<Value>& info) {
  int stack = Environment::From(info)->StackOf(info[0]);
  if (stack < 0) {
    info.GetIsolate()->ThrowException(v8::Exception::RangeError(String::NewFromUtf8Literal(
        info.GetIsolate(), "greenlit: there is no stack of this id, or no longer")));
  }
  return stack;
}

// transfer(id): false when the running stack cannot be left, as holds() says; otherwise undefined.
void Transfer(const FunctionCallbackInfo<Value>& info) {
  int stack = StackArgument(info);
  if (stack >= 0 && !Environment::From(info)->Transfer(stack)) info.GetReturnValue().Set(false);
}

// finish(id): for the entry function, when a greenlet has ended on this stack. Continues stack
// `id`, and returns true when another greenlet is to run on this one. The asynchronous state is not
// kept: the new greenlet begins in that of the stack that transferred here. Returns false when the
// driver cannot do this: then the entry function must return `id`.
void Finish(const FunctionCallbackInfo<Value>& info) {
  int stack = StackArgument(info);
  if (stack >= 0) info.GetReturnValue().Set(Environment::From(info)->driver()->Finish(stack));
}

// release(id)
void Release(const FunctionCallbackInfo<Value>& info) {
  int stack = StackArgument(info);
  if (stack >= 0) Environment::From(info)->driver()->Release(stack);
}

// holds(): a number with two parts. The two lowest bits say why the running stack cannot be left:
// see Hold. The bits above are a number that changes inside a run of the microtask queue, and
// inside a scope that holds that queue up.
void GetHolds(const FunctionCallbackInfo<Value>& info) {
  Isolate* isolate = info.GetIsolate();
  int microtasks = 2 * v8::MicrotasksScope::GetCurrentDepth(isolate) +
                   (v8::MicrotasksScope::IsRunningMicrotasks(isolate) ? 1 : 0);
  info.GetReturnValue().Set(4 * microtasks + Environment::From(info)->Holds());
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
void Collect(const FunctionCallbackInfo<Value>& info) {
  CollectGarbage(info.GetIsolate(), info[0]->IsTrue());
}

// There may be several copies of this addon in one isolate: several versions in one dependency
// tree, or one that was loaded again after its entry in require.cache was deleted. Each would
// change V8's state as if it were alone. So all copies export what the first one exports. Returns
// true if this is not the first one.
bool ShareFirst(Isolate* isolate, Local<Context> context, Local<Object> exports) {
  Local<v8::Private> key = v8::Private::ForApi(
      isolate, String::NewFromUtf8Literal(isolate, "greenlit.switcher.exports"));
  Local<String> version = String::NewFromUtf8Literal(isolate, "interface");
  Local<Object> global = context->Global();
  Local<Value> first;
  if (!global->GetPrivate(context, key).ToLocal(&first)) return true;
  if (!first->IsObject()) {
    exports->Set(context, version, v8::Integer::New(isolate, kInterface)).Check();
    global->SetPrivate(context, key, exports).Check();
    return false;
  }
  Local<Object> shared = first.As<Object>();
  int32_t its = shared->Get(context, version).ToLocalChecked()->Int32Value(context).FromMaybe(0);
  const char* sabotage = getenv("GREENLIT_SWITCHER_SABOTAGE");
  if (its != kInterface || (sabotage != nullptr && strcmp(sabotage, "interface") == 0)) {
    isolate->ThrowException(v8::Exception::Error(
        String::NewFromUtf8Literal(isolate,
                                   "greenlit: another version of @greenlit/switcher, which does "
                                   "not fit this one, is in use in "
                                   "this thread. Have one version only: `npm ls "
                                   "@greenlit/switcher` shows who brings which.")));
    return true;
  }
  Local<v8::Array> names = shared->GetOwnPropertyNames(context).ToLocalChecked();
  for (uint32_t i = 0; i < names->Length(); i++) {
    Local<Value> name = names->Get(context, i).ToLocalChecked();
    exports->Set(context, name, shared->Get(context, name).ToLocalChecked()).Check();
  }
  return true;
}

}  // namespace

NODE_MODULE_INIT() {
  Isolate* isolate = Isolate::GetCurrent();
  if (ShareFirst(isolate, context, exports.As<Object>())) return;
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
  set("holds", GetHolds);
  set("stats", Stats);
  set("collectGarbage", Collect);
  InitSampler(isolate, context, exports.As<Object>());
  InitMonitor(isolate, context, exports.As<Object>());
}

}  // namespace greenlit
