#include "monitor.h"

#include <node.h>
#include <uv.h>

#include <atomic>
#include <cstdio>
#include <string>

#include "v8_compat.h"

namespace greenlit {

namespace {

using v8::FunctionCallbackInfo;
using v8::Isolate;
using v8::Local;
using v8::String;
using v8::Value;

constexpr int kFrames = 32;        // of the stack that is told
constexpr int kLooksPerLimit = 4;  // so a block is noticed a quarter late at most
// As in the sampler: an interrupt may stay with a greenlet that was suspended, so it is asked for
// again after so many looks.
constexpr int kPatience = 10;
constexpr uint64_t kMillisecond = 1000000;  // in nanoseconds

class Monitor {
 public:
  explicit Monitor(Isolate* isolate)
      : isolate_(isolate), loop_(node::GetCurrentEventLoop(isolate)) {
    uv_mutex_init(&mutex_);
    uv_cond_init(&wake_);
    node::AddEnvironmentCleanupHook(isolate, Delete, this);
  }

  ~Monitor() {
    Stop();
    uv_cond_destroy(&wake_);
    uv_mutex_destroy(&mutex_);
  }

  bool Start(uint64_t limit_ms, Local<v8::Context> context, Local<Value> on_blocked) {
    if (running_) return false;
    limit_ = limit_ms * kMillisecond;
    context_.Reset(isolate_, context);
    on_blocked_.Reset();
    tell_ = !on_blocked->IsFunction();
    if (!tell_) on_blocked_.Reset(isolate_, on_blocked.As<v8::Function>());
    asked_ = 0;
    stopping_ = false;
    stack_.clear();
    turn_ = new uv_prepare_t;
    uv_prepare_init(loop_, turn_);
    turn_->data = this;
    uv_prepare_start(turn_, Turned);
    uv_unref(reinterpret_cast<uv_handle_t*>(turn_));
    running_ = uv_thread_create(&thread_, Run, this) == 0;
    if (!running_) CloseTurn();
    return running_;
  }

  void Stop() {
    if (!running_) return;
    uv_mutex_lock(&mutex_);
    stopping_ = true;
    uv_cond_signal(&wake_);
    uv_mutex_unlock(&mutex_);
    uv_thread_join(&thread_);
    running_ = false;
    asked_ = 0;  // an interrupt that still comes finds that nobody asks
    CloseTurn();
    on_blocked_.Reset();
    context_.Reset();
  }

 private:
  // What changes while the loop is alive: it turns, or it sleeps.
  struct Pulse {
    uint64_t turns, slept;
    bool operator==(const Pulse& other) const {
      return turns == other.turns && slept == other.slept;
    }
  };

  static void Delete(void* self) { delete static_cast<Monitor*>(self); }

  void CloseTurn() {
    uv_close(reinterpret_cast<uv_handle_t*>(turn_),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_prepare_t*>(handle); });
    turn_ = nullptr;
  }

  Pulse Look() { return {turns_.load(), uv_metrics_idle_time(loop_)}; }

  static void Run(void* data) {
    auto* self = static_cast<Monitor*>(data);
    Pulse last = self->Look();
    uint64_t since = uv_hrtime();
    int waited = 0;
    uv_mutex_lock(&self->mutex_);
    while (!self->stopping_) {
      uv_cond_timedwait(&self->wake_, &self->mutex_, self->limit_ / kLooksPerLimit);
      Pulse now = self->Look();
      if (!(now == last)) {
        last = now;
        since = uv_hrtime();
        continue;
      }
      if (self->stopping_ || uv_hrtime() - since < self->limit_) continue;
      if (self->told_turn_ == now.turns || (self->asked_ != 0 && ++waited < kPatience)) continue;
      waited = 0;
      self->asked_turn_ = now.turns;
      self->asked_ = since;
      self->isolate_->RequestInterrupt(Interrupted, self);
    }
    uv_mutex_unlock(&self->mutex_);
  }

  static void Interrupted(Isolate* isolate, void* data) {
    auto* self = static_cast<Monitor*>(data);
    uint64_t since = self->asked_.exchange(0);
    // It has turned since: what runs now is not what blocked.
    if (since == 0 || self->turns_ != self->asked_turn_) return;
    self->told_turn_ = self->asked_turn_.load();
    self->since_ = since;
    self->stack_ = self->Stack();
    if (!self->tell_) return;
    fprintf(stderr, "greenlit: the event loop has been blocked for %.0f ms\n%s\n",
            static_cast<double>(uv_hrtime() - since) / kMillisecond, self->stack_.c_str());
  }

  // On the loop: a turn is over.
  static void Turned(uv_prepare_t* handle) {
    auto* self = static_cast<Monitor*>(handle->data);
    self->turns_++;
    if (self->stack_.empty()) return;
    std::string stack;
    stack.swap(self->stack_);
    if (self->tell_) return;
    Isolate* isolate = self->isolate_;
    v8::HandleScope handles(isolate);
    Local<v8::Context> context = self->context_.Get(isolate);
    v8::Context::Scope scope(context);
    Local<Value> arguments[] = {
        v8::Number::New(isolate, static_cast<double>(uv_hrtime() - self->since_) / kMillisecond),
        String::NewFromUtf8(isolate, stack.c_str()).ToLocalChecked()};
    // What it throws is uncaught, as in any callback.
    node::MakeCallback(isolate, context->Global(), self->on_blocked_.Get(isolate), 2, arguments,
                       {0, 0})
        .IsEmpty();
  }

  std::string Stack() {
    v8::HandleScope handles(isolate_);
    Local<v8::StackTrace> stack = v8::StackTrace::CurrentStackTrace(isolate_, kFrames);
    std::string text;
    for (int i = 0; i < stack->GetFrameCount(); i++) {
      Local<v8::StackFrame> frame = stack->GetFrame(isolate_, i);
      std::string function = Text(frame->GetFunctionName());
      std::string place = Text(frame->GetScriptNameOrSourceURL()) + ":" +
                          std::to_string(frame->GetLineNumber()) + ":" +
                          std::to_string(frame->GetColumn());
      if (!text.empty()) text += "\n";
      text += "    at " + (function.empty() ? place : function + " (" + place + ")");
    }
    return text.empty() ? "    (no JavaScript)" : text;
  }

  std::string Text(Local<String> text) {
    if (text.IsEmpty()) return "";
    String::Utf8Value utf8(isolate_, text);
    return std::string(*utf8, utf8.length());
  }

  Isolate* isolate_;
  uv_loop_t* loop_;
  uv_prepare_t* turn_ = nullptr;
  uv_thread_t thread_;
  uv_mutex_t mutex_;
  uv_cond_t wake_;
  bool running_ = false;
  bool stopping_ = false;  // under mutex_
  bool tell_ = true;
  uint64_t limit_ = 0;  // nanoseconds
  v8::Global<v8::Context> context_;
  v8::Global<v8::Function> on_blocked_;
  std::atomic<uint64_t> turns_{1};
  std::atomic<uint64_t> asked_turn_{0};
  std::atomic<uint64_t> told_turn_{0};  // each turn is told of once
  std::atomic<uint64_t> asked_{0};      // since when it blocks, while an interrupt is pending
  uint64_t since_ = 0;                  // the same of `stack_`
  std::string stack_;                   // of what blocks this turn; empty when nothing does
};

Monitor* From(const FunctionCallbackInfo<Value>& info) {
  return static_cast<Monitor*>(compat::ExternalPointer(info.Data()));
}

void Start(const FunctionCallbackInfo<Value>& info) {
  info.GetReturnValue().Set(
      From(info)->Start(static_cast<uint64_t>(info[0].As<v8::Number>()->Value()),
                        info.GetIsolate()->GetCurrentContext(), info[1]));
}

void Stop(const FunctionCallbackInfo<Value>& info) { From(info)->Stop(); }

}  // namespace

void InitMonitor(Isolate* isolate, Local<v8::Context> context, Local<v8::Object> exports) {
  Local<v8::External> data = compat::NewExternal(isolate, new Monitor(isolate));
  auto set = [&](const char* name, v8::FunctionCallback callback) {
    Local<String> key = String::NewFromUtf8(isolate, name).ToLocalChecked();
    exports->Set(context, key, v8::Function::New(context, callback, data).ToLocalChecked()).Check();
  };
  set("startMonitor", Start);
  set("stopMonitor", Stop);
}

}  // namespace greenlit
