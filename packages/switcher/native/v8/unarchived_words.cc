#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <map>

#include "v8/discovery.h"

namespace greenlit {

namespace {

using v8::Context;
using v8::Function;
using v8::Local;
using v8::Object;
using v8::String;
using v8::Value;

// V8 tags the addresses of heap objects in these bits.
constexpr uintptr_t kTag = 3;

// JavaScript functions. Each makes V8 call `look` in one particular way, and returns whether this
// V8 has that way.
//
// V8 may terminate them at any place. So a hook that was set here restores what was there before
// when anyone calls it.
constexpr const char* kWhileTraceIsFormatted = R"((look) => {
  const had = Object.hasOwn(Error, "prepareStackTrace");
  const before = Error.prepareStackTrace;
  const restore = () => {
    if (had) Error.prepareStackTrace = before;
    else delete Error.prepareStackTrace;
  };
  try {
    Error.prepareStackTrace = (error, trace) => {
      restore();
      if (look()) return "";
      if (typeof before === "function") return before.call(Error, error, trace);
      return [error, ...trace].join("\n    at ");
    };
    void new Error().stack;
  } catch {}
  return false; // it cannot be set here, so no code of the user can ever run in it
})";
// Before V8 14, if a promising call is terminated, V8 believes for ever that it is inside. So the
// call runs no JavaScript, and just before it a function is called: there V8 looks for
// terminations.
constexpr const char* kInsidePromisingCall = R"((look) => {
  if (typeof WebAssembly !== "object") return false;
  if (typeof WebAssembly.promising !== "function") return WebAssembly.Suspender !== undefined;
  // (module (import "m" "f" (func)) (func (export "g") call 0))
  const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 109, 1, 102, 0, 0,
                 3, 2, 1, 0, 7, 5, 1, 1, 103, 0, 1, 10, 6, 1, 4, 0, 16, 0, 11];
  const module = new WebAssembly.Module(new Uint8Array(bytes));
  const { exports } = new WebAssembly.Instance(module, { m: { f: look } });
  const call = WebAssembly.promising(exports.g);
  (() => {})();
  call();
  return true;
})";

class UnarchivedDiscovery : private Discovery {
 public:
  using Discovery::Discovery;

  bool Run() {
    return FindTryCatch() && FindShutdownList() && FindFormattingTrace() && FindActiveStack() &&
           FindWasmStacks();
  }

 private:
  // The words of the isolate before V8 calls a function, and in that call.
  struct Words {
    std::vector<uintptr_t> before, during;
    std::function<void()> look;  // runs in that call

    size_t size() const { return std::min(before.size(), during.size()); }
  };

  // Fills in `words`. `call` makes V8 call the function that it is given. False if V8 is
  // terminating what runs.
  bool Watch(const char* step, Words* words,
             const std::function<bool(Local<Context>, Local<Function>)>& call) {
    auto callback = [](const v8::FunctionCallbackInfo<Value>& info) {
      UnarchivedDiscovery* self = watching_;
      if (self == nullptr) return;
      self->words_->during = self->IsolateWords();
      self->words_->look();
      info.GetReturnValue().Set(true);
    };
    words_ = words;
    watching_ = this;
    v8::HandleScope scope(isolate_);
    Local<Context> context = isolate_->GetCurrentContext();
    Local<Function> function = Function::New(context, callback).ToLocalChecked();
    words->before = IsolateWords();
    bool called = call(context, function);
    watching_ = nullptr;
    if (!called) why_ = std::string(step) + ": terminated meanwhile";
    return called;
  }

  Local<String> Text(const char* text) {
    return String::NewFromUtf8(isolate_, text).ToLocalChecked();
  }

  // The word of the thread-local top that points to the newest v8::TryCatch; and the word of a
  // v8::TryCatch that points to the one before.
  bool FindTryCatch() {
    v8::TryCatch outer(isolate_);
    v8::TryCatch inner(isolate_);
    size_t heads = 0;
    for (size_t at = 0; at < compat::kThreadLocalTopSize; at += sizeof(uintptr_t)) {
      auto* word = reinterpret_cast<char**>(base_ + compat::kThreadLocalTopOffset + at);
      if (*word != reinterpret_cast<char*>(&inner)) continue;
      heads++;
      layout_.try_catch = word;
    }
    size_t links = 0;
    for (size_t at = 0; at < sizeof(inner); at += sizeof(uintptr_t)) {
      v8::TryCatch* word;
      memcpy(&word, reinterpret_cast<char*>(&inner) + at, sizeof(word));
      if (word != &outer) continue;
      links++;
      layout_.next_try_catch = at;
    }
    return Exactly1("try-catch", heads) && Exactly1("try-catch link", links);
  }

  // While JSON.stringify runs, the list has one entry, which points to the running stack.
  bool FindShutdownList() {
    size_t hits = 0;
    auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    Words words;
    words.look = [&] {
      const auto& [before, during, look] = words;
      for (size_t i = 0; i + 2 < words.size(); i++) {
        uintptr_t begin = during[i], end = during[i + 1], entry;
        if (before[i] != before[i + 1] || end != begin + sizeof(uintptr_t)) continue;
        if (during[i + 2] < end || !LooksLikePointer(begin)) continue;
        if (!ProbeRead(begin, &entry, sizeof(entry))) continue;
        if (entry >= here || entry < here - 64 * 1024) continue;
        hits++;
        layout_.unarchived.shutdown_list = reinterpret_cast<uintptr_t*>(base_) + i;
      }
    };
    auto stringify = [&](Local<Context> context, Local<Function> function) {
      Local<Object> object = Object::New(isolate_);
      object->Set(context, Text("toJSON"), function).Check();
      return !v8::JSON::Stringify(context, object).IsEmpty();
    };
    return Watch("shutdown list", &words, stringify) && AtMost1("shutdown list", hits);
  }

  // The byte that is 0 before and 1 while a trace is formatted.
  bool FindFormattingTrace() {
    auto changed_byte = [](uintptr_t before, uintptr_t during) -> int {
      for (int k = 0; k < 8; k++) {
        uintptr_t one = uintptr_t{1} << (8 * k);
        if ((before & (0xff * one)) == 0 && during == before + one) return k;
      }
      return -1;
    };
    return FindInCall(
        "formatting a trace", kWhileTraceIsFormatted,
        [=](const Words& words, size_t i) {
          return changed_byte(words.before[i], words.during[i]) >= 0;
        },
        [this, changed_byte](uintptr_t* word, uintptr_t before, uintptr_t during) {
          char* bytes = reinterpret_cast<char*>(word);
          layout_.unarchived.formatting_trace = bytes + changed_byte(before, during);
        });
  }

  // V8 14 holds the address of the active stack, and each stack holds the address of its caller;
  // the outermost holds 0. Before V8 14 these are heap objects, and the outermost has `undefined`
  // as its caller. (Still older versions have such calls behind a flag, in another form. If that
  // flag is set, this step fails, and there are no greenlets.)
  bool FindActiveStack() {
    v8::HandleScope scope(isolate_);
    Local<Value> undefined = v8::Undefined(isolate_);
    uintptr_t slot;
    memcpy(&slot, &undefined, sizeof(slot));  // a Local is the address of its slot
    const auto constant = *reinterpret_cast<uintptr_t*>(slot);
    auto is_object = [=](uintptr_t word) { return (word & kTag) == (constant & kTag); };
    auto find_caller = [=](uintptr_t inside, uintptr_t outside, ActiveStack* found) {
      // `undefined` is the first of V8's constants, which lie together. A constant is no stack.
      if (inside == outside || outside - constant < 64 * 1024) return false;
      bool are_objects = is_object(inside) && is_object(outside);
      if (!are_objects && !(LooksLikePointer(inside) && LooksLikePointer(outside))) return false;
      found->outermost_caller = are_objects ? constant : 0;
      return FindCaller(inside, outside, found);
    };
    // Before V8 14 another word changes in the same way: it points to the object that waits for the
    // promise, which has the active stack as a field. If V8 has terminated a call, that word keeps
    // the value that it had inside.
    auto has_active_stack = [=](const Words& words, uintptr_t inside) {
      if (!is_object(inside)) return false;
      std::vector<uintptr_t> fields = FieldsOf(inside);
      for (size_t i = 0; i < words.size(); i++) {
        ActiveStack other;
        bool is_field = words.during[i] != inside &&
                        std::find(fields.begin(), fields.end(), words.during[i]) != fields.end();
        if (is_field && find_caller(words.during[i], words.before[i], &other)) return true;
      }
      return false;
    };
    std::map<uintptr_t, ActiveStack> found;
    return FindInCall(
        "active stack", kInsidePromisingCall,
        [&](const Words& words, size_t i) {
          uintptr_t inside = words.during[i];
          ActiveStack stack;
          if (!find_caller(inside, words.before[i], &stack) || has_active_stack(words, inside)) {
            return false;
          }
          found[inside] = stack;
          return true;
        },
        [&](uintptr_t* word, uintptr_t, uintptr_t inside) {
          layout_.active_stack = found[inside];
          layout_.active_stack.word = word;
        });
  }

  // Finds the field of the stack at `inside` that points to its caller, `outside`. The caller must
  // have its own caller in the same place, and so on to the outermost.
  static bool FindCaller(uintptr_t inside, uintptr_t outside, ActiveStack* found) {
    std::vector<uintptr_t> fields = FieldsOf(inside);
    for (size_t i = 1; i < fields.size(); i++) {
      found->caller = i * sizeof(uintptr_t) - (inside & kTag);
      if (fields[i] == outside && Outermost(*found, outside) != 0) return true;
    }
    return false;
  }

  // The outermost stack, from the stack at `from` on; 0: the chain does not end in one.
  static uintptr_t Outermost(const ActiveStack& stacks, uintptr_t from) {
    constexpr int kMaxDepth = 100 * 1000;
    for (int depth = 0; depth < kMaxDepth; depth++) {
      uintptr_t caller;
      if (!ProbeRead(from + stacks.caller, &caller, sizeof(caller))) return 0;
      if (caller == stacks.outermost_caller) return from;
      from = caller;
    }
    return 0;
  }

  // The words at an address: of a heap object, if it is tagged as one, and a few more.
  static std::vector<uintptr_t> FieldsOf(uintptr_t address) {
    std::vector<uintptr_t> fields((address & kTag) == 0 ? 32 : 8);
    size_t count = 0;
    auto read = [&](uintptr_t* field) {
      return ProbeRead((address & ~kTag) + count * sizeof(*field), field, sizeof(*field));
    };
    while (count < fields.size() && read(&fields[count])) count++;
    fields.resize(count);
    return fields;
  }

  // The vector of all stacks of WebAssembly: it has one more entry in such a call. In some versions
  // the outermost stack is an entry, too.
  bool FindWasmStacks() {
    constexpr const char* kStep = "stacks of WebAssembly";
    auto size = [](const uintptr_t* vector) { return vector[1] - vector[0]; };
    auto* isolate = reinterpret_cast<uintptr_t*>(base_);
    std::vector<size_t> grown;
    bool possible = false;
    Words words;
    words.look = [&] {
      possible = true;
      for (size_t i = 0; i + 2 < words.size(); i++) {
        const uintptr_t *before = &words.before[i], *during = &words.during[i];
        bool is_vector = LooksLikePointer(during[0]) && during[0] < during[1] &&
                         during[1] <= during[2] && size(during) < 1024 * 1024;
        if (is_vector && size(during) == size(before) + sizeof(uintptr_t)) grown.push_back(i);
      }
    };
    if (!Run(kStep, kInsidePromisingCall, &words, &possible)) return false;
    if (!possible) return AtMost1(kStep, 0);
    size_t hits = 0;
    for (size_t i : grown) {
      if (size(isolate + i) != size(&words.before[i])) continue;
      hits++;
      layout_.wasm_stacks = isolate + i;
    }
    if (!Exactly1(kStep, hits)) return false;
    uintptr_t outermost = Outermost(layout_.active_stack, *layout_.active_stack.word);
    std::vector<uintptr_t> names = FieldsOf(outermost);
    names.push_back(outermost);
    const uintptr_t* vector = layout_.wasm_stacks;
    for (uintptr_t at = vector[0]; at < vector[1]; at += sizeof(uintptr_t)) {
      bool is_outermost =
          std::find(names.begin(), names.end(), *reinterpret_cast<uintptr_t*>(at)) != names.end();
      if (is_outermost) layout_.idle_wasm_stacks += sizeof(uintptr_t);
    }
    return true;
  }

  // Calls the function in `source` with `look`. Sets *possible if this V8 has such a call. False if
  // V8 is terminating what runs.
  bool Run(const char* step, const char* source, Words* words, bool* possible) {
    return Watch(step, words, [&](Local<Context> context, Local<Function> look) {
      Local<v8::Script> script;
      Local<Value> function, result, argument = look;
      bool called = v8::Script::Compile(context, Text(source)).ToLocal(&script) &&
                    script->Run(context).ToLocal(&function) &&
                    function.As<Function>()
                        ->Call(context, v8::Undefined(isolate_), 1, &argument)
                        .ToLocal(&result);
      *possible |= called && result->IsTrue();
      return called;
    });
  }

  // Finds the word of the isolate that `differs` in the call that `source` makes, and that has its
  // old value again after the call; and gives it to `take`. The thread-local top is left out. There
  // must be exactly one such word, if this V8 has such a call.
  bool FindInCall(const char* step, const char* source,
                  const std::function<bool(const Words&, size_t word)>& differs,
                  const std::function<void(uintptr_t*, uintptr_t before, uintptr_t during)>& take) {
    auto* isolate = reinterpret_cast<uintptr_t*>(base_);
    std::vector<size_t> found;
    bool possible = false;
    // Other threads may change words meanwhile, so it is tried a few times.
    for (int attempt = 0; attempt < 3 && found.size() != 1; attempt++) {
      found.clear();
      Words words;
      words.look = [&] {
        possible = true;
        for (size_t i = 0; i < words.size(); i++) {
          if (!IsThreadLocalTop(i) && differs(words, i)) found.push_back(i);
        }
      };
      if (!Run(step, source, &words, &possible)) return false;
      if (!possible) return AtMost1(step, 0);
      auto has_changed = [&](size_t i) { return isolate[i] != words.before[i]; };
      found.erase(std::remove_if(found.begin(), found.end(), has_changed), found.end());
      if (found.size() == 1) {
        size_t i = found[0];
        take(isolate + i, words.before[i], words.during[i]);
      }
    }
    return Exactly1(step, found.size());
  }

  // The discovery that is under way, for the function that V8 calls. Null when it has ended: a
  // function may be called later still.
  static thread_local UnarchivedDiscovery* watching_;
  Words* words_ = nullptr;
};

thread_local UnarchivedDiscovery* UnarchivedDiscovery::watching_ = nullptr;

}  // namespace

bool DiscoverUnarchivedWords(v8::Isolate* isolate, const std::string& sabotage, Layout* layout,
                             std::string* why) {
  return UnarchivedDiscovery(isolate, sabotage, layout, why).Run();
}

}  // namespace greenlit
