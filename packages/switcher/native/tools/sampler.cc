#include "tools/sampler.h"

#include <node.h>
#include <uv.h>

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "tools/interrupter.h"
#include "tools/tool.h"

namespace greenlit {

namespace {

using v8::FunctionCallbackInfo;
using v8::Isolate;
using v8::Local;
using v8::String;
using v8::Value;

constexpr int kFrames = 128;  // of one sample, from the innermost

constexpr int kPatience = 50;  // intervals: see Interrupter

class Sampler {
 public:
  explicit Sampler(Isolate* isolate) : isolate_(isolate) {}

  bool Start(uint64_t interval_us) {
    if (thread_.running()) return false;
    nodes_.clear();
    children_.clear();
    samples_.clear();
    deltas_.clear();
    interval_ns_ = interval_us * 1000;
    last_ = uv_hrtime();
    return thread_.Start(interval_ns_);
  }

  void Stop() { thread_.Stop(); }

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

  // In an interrupt, which the thread asked for at the time `asked`.
  void Take(uint64_t asked) {
    uint64_t now = uv_hrtime();
    // It took V8 more than two intervals to answer: no JavaScript ran meanwhile.
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
      nodes_.push_back({parent, ToUtf8(isolate_, frame->GetFunctionName()),
                        ToUtf8(isolate_, frame->GetScriptName()), frame->GetScriptId(),
                        frame->GetLineNumber(), frame->GetColumn()});
    }
    return at->second;
  }

  Isolate* isolate_;
  uint64_t interval_ns_ = 0;
  uint64_t last_ = 0;
  std::vector<Node> nodes_;
  std::map<std::tuple<int, int, int, int>, int> children_;
  std::vector<int> samples_;
  std::vector<double> deltas_;
  // It asks about a time: when it first asked.
  Interrupter thread_{
      isolate_, kPatience,
      [](uint64_t pending) { return pending == Interrupter::kNothing ? uv_hrtime() : pending; },
      [this](uint64_t asked) { Take(asked); }};
};

void Start(const FunctionCallbackInfo<Value>& info) {
  info.GetReturnValue().Set(
      ToolOf<Sampler>(info)->Start(static_cast<uint64_t>(info[0].As<v8::Number>()->Value())));
}

void Stop(const FunctionCallbackInfo<Value>& info) {
  ToolOf<Sampler>(info)->Stop();
  info.GetReturnValue().Set(ToolOf<Sampler>(info)->Result(info.GetIsolate()->GetCurrentContext()));
}

}  // namespace

void InitSampler(Isolate* isolate, Local<v8::Context> context, Local<v8::Object> exports) {
  ExportTool<Sampler>(isolate, context, exports, {{"startSampler", Start}, {"stopSampler", Stop}});
}

}  // namespace greenlit
