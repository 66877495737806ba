#include "tools/monitor.h"

#include <node.h>
#include <uv.h>

#include <atomic>
#include <cstdio>
#include <string>

#include "tools/interrupter.h"
#include "tools/tool.h"

namespace greenlit {

namespace {

using v8::FunctionCallbackInfo;
using v8::Isolate;
using v8::Local;
using v8::String;
using v8::Value;

constexpr int kFrames = 32;                 // of the stack that is told
constexpr int kLooksPerLimit = 4;           // so a block is noticed a quarter late at most
constexpr int kPatience = 10;               // looks: see Interrupter
constexpr uint64_t kMillisecond = 1000000;  // in nanoseconds

class Monitor {
 public:
  explicit Monitor(Isolate* isolate)
      : isolate_(isolate), loop_(node::GetCurrentEventLoop(isolate)) {}

  ~Monitor() { Stop(); }

  bool Start(uint64_t limit_ms, Local<v8::Context> context, Local<Value> on_blocked) {
    if (thread_.running()) return false;
    limit_ = limit_ms * kMillisecond;
    context_.Reset(isolate_, context);
    on_blocked_.Reset();
    writes_ = !on_blocked->IsFunction();
    if (!writes_) on_blocked_.Reset(isolate_, on_blocked.As<v8::Function>());
    blocked_stack_.clear();
    turn_ = new uv_prepare_t;
    uv_prepare_init(loop_, turn_);
    turn_->data = this;
    uv_prepare_start(turn_, Turned);
    uv_unref(reinterpret_cast<uv_handle_t*>(turn_));
    pulse_ = ReadPulse();
    pulse_since_ = uv_hrtime();
    if (!thread_.Start(limit_ / kLooksPerLimit)) CloseTurn();
    return thread_.running();
  }

  void Stop() {
    if (!thread_.running()) return;
    thread_.Stop();
    CloseTurn();
    on_blocked_.Reset();
    context_.Reset();
  }

 private:
  // What changes while the loop is alive: it turns, or it sleeps.
  struct Pulse {
    uint64_t turns = 0, slept = 0;
    bool operator==(const Pulse& other) const {
      return turns == other.turns && slept == other.slept;
    }
  };

  void CloseTurn() {
    uv_close(reinterpret_cast<uv_handle_t*>(turn_),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_prepare_t*>(handle); });
    turn_ = nullptr;
  }

  Pulse ReadPulse() { return {turns_.load(), uv_metrics_idle_time(loop_)}; }

  // On the thread. Asks about the turn that the loop has been in for too long.
  Interrupter::Subject Look() {
    Pulse now = ReadPulse();
    if (!(now == pulse_)) {
      pulse_ = now;
      pulse_since_ = uv_hrtime();
      return Interrupter::kNothing;
    }
    if (uv_hrtime() - pulse_since_ < limit_ || told_turn_ == now.turns) {
      return Interrupter::kNothing;
    }
    return now.turns;
  }

  // In the interrupt.
  void Tell(uint64_t turn) {
    // The loop has turned since: what runs now is not what blocked.
    if (turns_ != turn) return;
    told_turn_ = turn;
    blocked_since_ = pulse_since_;
    blocked_stack_ = Stack();
    if (!writes_) return;
    fprintf(stderr, "greenlit: the event loop has been blocked for %.0f ms\n%s\n", BlockedFor(),
            blocked_stack_.c_str());
  }

  // Milliseconds.
  double BlockedFor() const {
    return static_cast<double>(uv_hrtime() - blocked_since_) / kMillisecond;
  }

  // On the loop: a turn is over.
  static void Turned(uv_prepare_t* handle) {
    auto* self = static_cast<Monitor*>(handle->data);
    self->turns_++;
    if (self->blocked_stack_.empty()) return;
    std::string stack;
    stack.swap(self->blocked_stack_);
    if (self->writes_) return;
    Isolate* isolate = self->isolate_;
    v8::HandleScope handles(isolate);
    Local<v8::Context> context = self->context_.Get(isolate);
    v8::Context::Scope scope(context);
    Local<Value> arguments[] = {v8::Number::New(isolate, self->BlockedFor()),
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
      std::string function = ToUtf8(isolate_, frame->GetFunctionName());
      std::string place = ToUtf8(isolate_, frame->GetScriptNameOrSourceURL()) + ":" +
                          std::to_string(frame->GetLineNumber()) + ":" +
                          std::to_string(frame->GetColumn());
      if (!text.empty()) text += "\n";
      text += "    at " + (function.empty() ? place : function + " (" + place + ")");
    }
    return text.empty() ? "    (no JavaScript)" : text;
  }

  Isolate* isolate_;
  uv_loop_t* loop_;
  uv_prepare_t* turn_ = nullptr;
  uint64_t limit_ = 0;  // nanoseconds
  bool writes_ = true;  // to stderr; else on_blocked is called
  v8::Global<v8::Context> context_;
  v8::Global<v8::Function> on_blocked_;
  std::atomic<uint64_t> turns_{1};
  std::atomic<uint64_t> told_turn_{0};  // each turn is told of once
  Pulse pulse_;                         // the thread's: what it saw last
  std::atomic<uint64_t> pulse_since_{0};
  uint64_t blocked_since_ = 0;  // of `blocked_stack_`
  std::string blocked_stack_;   // what blocks this turn; empty when nothing does
  Interrupter thread_{isolate_, kPatience, [this](uint64_t) { return Look(); },
                      [this](uint64_t turn) { Tell(turn); }};
};

void Start(const FunctionCallbackInfo<Value>& info) {
  info.GetReturnValue().Set(
      ToolOf<Monitor>(info)->Start(static_cast<uint64_t>(info[0].As<v8::Number>()->Value()),
                                   info.GetIsolate()->GetCurrentContext(), info[1]));
}

void Stop(const FunctionCallbackInfo<Value>& info) { ToolOf<Monitor>(info)->Stop(); }

}  // namespace

void InitMonitor(Isolate* isolate, Local<v8::Context> context, Local<v8::Object> exports) {
  ExportTool<Monitor>(isolate, context, exports, {{"startMonitor", Start}, {"stopMonitor", Stop}});
}

}  // namespace greenlit
