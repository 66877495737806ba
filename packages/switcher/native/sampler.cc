#include "sampler.h"

#include <node.h>
#include <uv.h>

#include <atomic>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "v8_compat.h"

namespace greenlit {

namespace {

using v8::FunctionCallbackInfo;
using v8::Isolate;
using v8::Local;
using v8::String;
using v8::Value;

constexpr int kFrames = 128;  // of one sample; the outermost are left out beyond that

// An interrupt that was asked for while a greenlet ran may stay with it while it is suspended (V8
// archives it, under other drivers than ours). After so many intervals another one is asked for.
constexpr int kPatience = 50;

class Sampler {
 public:
  explicit Sampler(Isolate* isolate) : isolate_(isolate) {
    uv_mutex_init(&mutex_);
    uv_cond_init(&wake_);
    node::AddEnvironmentCleanupHook(isolate, Delete, this);
  }

  ~Sampler() {
    Stop();
    uv_cond_destroy(&wake_);
    uv_mutex_destroy(&mutex_);
  }

  bool Start(uint64_t interval_us) {
    if (running_) return false;
    nodes_.clear();
    children_.clear();
    samples_.clear();
    deltas_.clear();
    interval_ns_ = interval_us * 1000;
    last_ = uv_hrtime();
    asked_ = 0;
    stopping_ = false;
    running_ = uv_thread_create(&thread_, Run, this) == 0;
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
  }

  Local<Value> Result(Local<v8::Context> context) {
    Local<v8::Object> result = v8::Object::New(isolate_);
    auto set = [&](const char* name, std::vector<Local<Value>>& values) {
      result
          ->Set(context, String::NewFromUtf8(isolate_, name).ToLocalChecked(),
                v8::Array::New(isolate_, values.data(), values.size()))
          .Check();
    };
    auto text = [&](const std::string& utf8) {
      return String::NewFromUtf8(isolate_, utf8.c_str()).ToLocalChecked();
    };
    std::vector<Local<Value>> nodes, samples, deltas;
    for (const Node& node : nodes_) {
      nodes.push_back(v8::Integer::New(isolate_, node.parent));
      nodes.push_back(text(node.function));
      nodes.push_back(text(node.url));
      nodes.push_back(v8::Integer::New(isolate_, node.script));
      nodes.push_back(v8::Integer::New(isolate_, node.line));
      nodes.push_back(v8::Integer::New(isolate_, node.column));
    }
    for (int sample : samples_) samples.push_back(v8::Integer::New(isolate_, sample));
    for (double delta : deltas_) deltas.push_back(v8::Number::New(isolate_, delta));
    set("nodes", nodes);
    set("samples", samples);
    set("deltas", deltas);
    return result;
  }

 private:
  struct Node {
    int parent;
    std::string function, url;
    int script, line, column;
  };

  static void Delete(void* self) { delete static_cast<Sampler*>(self); }

  static void Run(void* data) {
    auto* self = static_cast<Sampler*>(data);
    int waited = 0;
    uv_mutex_lock(&self->mutex_);
    while (!self->stopping_) {
      uv_cond_timedwait(&self->wake_, &self->mutex_, self->interval_ns_);
      if (self->stopping_) break;
      if (self->asked_ != 0 && ++waited < kPatience) continue;
      waited = 0;
      uint64_t none = 0;
      self->asked_.compare_exchange_strong(none, uv_hrtime());
      self->isolate_->RequestInterrupt(Interrupted, self);
    }
    uv_mutex_unlock(&self->mutex_);
  }

  static void Interrupted(Isolate*, void* data) {
    auto* self = static_cast<Sampler*>(data);
    uint64_t asked = self->asked_.exchange(0);
    if (asked != 0) self->Take(asked);
  }

  void Take(uint64_t asked) {
    uint64_t now = uv_hrtime();
    // Longer than two intervals from the question to here: no JavaScript ran meanwhile.
    if (now - asked > 2 * interval_ns_) Add(-1, asked);
    v8::HandleScope scope(isolate_);
    Local<v8::StackTrace> stack = v8::StackTrace::CurrentStackTrace(isolate_, kFrames);
    int at = -1;
    for (int i = stack->GetFrameCount() - 1; i >= 0; i--)
      at = Child(at, stack->GetFrame(isolate_, i));
    Add(at, now);
  }

  void Add(int sample, uint64_t when) {
    if (when < last_) when = last_;
    samples_.push_back(sample);
    deltas_.push_back(static_cast<double>(when - last_) / 1000);
    last_ = when;
  }

  // The node for a frame below `parent`; one for each position a function was seen at.
  int Child(int parent, Local<v8::StackFrame> frame) {
    auto key =
        std::make_tuple(parent, frame->GetScriptId(), frame->GetLineNumber(), frame->GetColumn());
    auto [at, added] = children_.try_emplace(key, static_cast<int>(nodes_.size()));
    if (added) {
      nodes_.push_back({parent, Text(frame->GetFunctionName()), Text(frame->GetScriptName()),
                        frame->GetScriptId(), frame->GetLineNumber(), frame->GetColumn()});
    }
    return at->second;
  }

  std::string Text(Local<String> text) {
    if (text.IsEmpty()) return "";
    String::Utf8Value utf8(isolate_, text);
    return std::string(*utf8, utf8.length());
  }

  Isolate* isolate_;
  uv_thread_t thread_;
  uv_mutex_t mutex_;
  uv_cond_t wake_;
  bool running_ = false;
  bool stopping_ = false;           // under mutex_
  std::atomic<uint64_t> asked_{0};  // when the pending interrupt was asked for
  uint64_t interval_ns_ = 0;
  uint64_t last_ = 0;
  std::vector<Node> nodes_;
  std::map<std::tuple<int, int, int, int>, int> children_;
  std::vector<int> samples_;
  std::vector<double> deltas_;
};

Sampler* From(const FunctionCallbackInfo<Value>& info) {
  return static_cast<Sampler*>(compat::ExternalPointer(info.Data()));
}

void Start(const FunctionCallbackInfo<Value>& info) {
  info.GetReturnValue().Set(
      From(info)->Start(static_cast<uint64_t>(info[0].As<v8::Number>()->Value())));
}

void Stop(const FunctionCallbackInfo<Value>& info) {
  From(info)->Stop();
  info.GetReturnValue().Set(From(info)->Result(info.GetIsolate()->GetCurrentContext()));
}

}  // namespace

void InitSampler(Isolate* isolate, Local<v8::Context> context, Local<v8::Object> exports) {
  Local<v8::External> data = compat::NewExternal(isolate, new Sampler(isolate));
  auto set = [&](const char* name, v8::FunctionCallback callback) {
    Local<String> key = String::NewFromUtf8(isolate, name).ToLocalChecked();
    exports->Set(context, key, v8::Function::New(context, callback, data).ToLocalChecked()).Check();
  };
  set("startSampler", Start);
  set("stopSampler", Stop);
}

}  // namespace greenlit
