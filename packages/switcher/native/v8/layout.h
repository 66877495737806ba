// Where this V8 keeps the state of a thread. We assume none of these places: each is learned from
// the isolate itself, when the first driver is opened.

#ifndef GREENLIT_V8_LAYOUT_H_
#define GREENLIT_V8_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "v8/active_stack.h"
#include "v8/compat.h"
#include "v8/late_interrupts.h"
#include "v8/thread_record.h"
#include "v8/unarchived_state.h"

namespace greenlit {

class SecondThread;

// The archive of a thread, as garbage collection and deoptimisation walk it:
//
//   data → | handle scope implementer          | thread-local top    | relocatable | zeros
//          |            ... handle scope data →|                     | list head   |
//          0            data_offset            implementer_size      + kThreadLocalTopSize
//
// In V8's own archives more parts follow: stack guard, debugger, regexp stack, bootstrapper. They
// are idle whenever JavaScript calls us, and an idle part is all zeros.
struct Layout {
  static constexpr size_t kArchiveSize = 1024;

  v8::Isolate* isolate = nullptr;

  int32_t* thread_id = nullptr;      // V8's name for this OS thread, in V8's thread-local storage
  uintptr_t* stack_start = nullptr;  // where V8 scans this stack from; in that storage, too
  uintptr_t root_stack_start = 0;
  uintptr_t root_stack_limit = 0;

  void* thread_manager = nullptr;
  ThreadRecord* threads_in_use = nullptr;  // the list's anchor

  char* implementer = nullptr;
  size_t implementer_size = 0;
  char* handle_scope_data = nullptr;
  size_t data_offset = 0;  // of the handle scope data, in the implementer's copy
  char* thread_local_top = nullptr;
  uintptr_t* relocatable_head =
      nullptr;  // null: this V8 keeps no relocatable on the stack of a callback

  UnarchivedWords unarchived;

  ActiveStack active_stack;

  // V8's vector of stacks, one for each call of WebAssembly.promising; and how many bytes it has
  // when there is no such call.
  uintptr_t* wasm_stacks = nullptr;
  size_t idle_wasm_stacks = 0;

  char** try_catch = nullptr;  // the newest v8::TryCatch of the running stack
  size_t next_try_catch = 0;   // where each of them has the one before

  // For whoever lets V8 archive: the discovery, `locker` and `thread`. `direct` leaves interrupts
  // where they are.
  LateInterrupts late_interrupts;

  // The archive of a thread that has run nothing.
  std::vector<char> fresh;

  size_t data_size() const { return implementer_size - data_offset; }
  size_t relocatable_offset() const { return implementer_size + compat::kThreadLocalTopSize; }
};

// Learns all of it. False unless each thing is found exactly once; *why then says what was looked
// for and what was found.
//
// It must run in the callback of a construct call. V8 11.3 then has a relocatable on the stack, and
// the list head is recognised by that value.
//
// `sabotage` makes a step fail on purpose, for tests: "<step>" finds nothing, "<step>:twice" finds
// two; and see AskAt.
bool DiscoverLayout(v8::Isolate* isolate, const std::string& sabotage, SecondThread* second,
                    Layout* layout, std::string* why);

// Learns only what `locker` and `thread` need, which let V8 archive: the words for this thread's id
// and for the start of its stack, what DiscoverUnarchivedWords finds, and late interrupts. False at
// the first thing that is not found; all that was found before it can be used.
bool DiscoverThreadWords(v8::Isolate* isolate, const std::string& sabotage, SecondThread* second,
                         Layout* layout, std::string* why);

// Finds layout->unarchived, active_stack, wasm_stacks and try_catch. For each of them V8 is made to
// call JavaScript in the way that changes it. Needs a context.
bool DiscoverUnarchivedWords(v8::Isolate* isolate, const std::string& sabotage, Layout* layout,
                             std::string* why);

}  // namespace greenlit

#endif  // GREENLIT_V8_LAYOUT_H_
