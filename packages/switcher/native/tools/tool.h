// What the tools share: one object of each for a Node environment, the functions that it exports,
// and text.

#ifndef GREENLIT_TOOLS_TOOL_H_
#define GREENLIT_TOOLS_TOOL_H_

#include <node.h>

#include <initializer_list>
#include <string>
#include <utility>

#include "v8/compat.h"

namespace greenlit {

// Makes a tool, which lives as long as the environment, and adds its functions to `exports`.
template <typename Tool>
void ExportTool(v8::Isolate* isolate, v8::Local<v8::Context> context, v8::Local<v8::Object> exports,
                std::initializer_list<std::pair<const char*, v8::FunctionCallback>> functions) {
  auto* tool = new Tool(isolate);
  auto end = [](void* tool) { delete static_cast<Tool*>(tool); };
  node::AddEnvironmentCleanupHook(isolate, end, tool);
  v8::Local<v8::External> data = compat::NewExternal(isolate, tool);
  for (const auto& [name, callback] : functions) {
    v8::Local<v8::String> key = v8::String::NewFromUtf8(isolate, name).ToLocalChecked();
    exports->Set(context, key, v8::Function::New(context, callback, data).ToLocalChecked()).Check();
  }
}

// In one of its functions.
template <typename Tool>
Tool* ToolOf(const v8::FunctionCallbackInfo<v8::Value>& info) {
  return static_cast<Tool*>(compat::ExternalPointer(info.Data()));
}

inline std::string ToUtf8(v8::Isolate* isolate, v8::Local<v8::String> text) {
  if (text.IsEmpty()) return "";
  v8::String::Utf8Value utf8(isolate, text);
  return std::string(*utf8, utf8.length());
}

}  // namespace greenlit

#endif  // GREENLIT_TOOLS_TOOL_H_
