// Where this V8 keeps the state of a thread. Learned at load, from the isolate itself; never
// assumed.

#ifndef GREENLIT_LAYOUT_H_
#define GREENLIT_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "late_interrupts.h"
#include "thread_record.h"
#include "v8_compat.h"

namespace greenlit {

// The archive of a thread, as garbage collection and deoptimisation walk it:
//
//   data → | handle scope implementer          | thread-local top    | relocatable | zeros
//          |            ... handle scope data →|                     | list head   |
//          0            data_offset            implementer_size      + kThreadLocalTopSize
//
// What follows in V8's own archives (stack guard, debugger, regexp stack, bootstrapper) is idle
// whenever JavaScript calls us, and zeros say so.
struct Layout {
  static constexpr size_t kArchiveSize = 1024;

  v8::Isolate* isolate = nullptr;

  int32_t* thread_id = nullptr;      // V8's name for this OS thread, in V8's thread-local storage
  uintptr_t* stack_start = nullptr;  // where conservative scanning begins, likewise
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

  // A vector (begin, end, capacity) of the objects on the running stack that V8 would destroy if it
  // had to shut down now. V8 12.4 has it: JSON.stringify enters itself, and aborts the process if
  // it is not the last entry when it leaves. Null: this V8 has none.
  uintptr_t* shutdown_list = nullptr;

  // For drivers that let V8 archive; `direct` leaves interrupts where they are.
  LateInterrupts late_interrupts;

  // The archive of a thread that has run nothing.
  std::vector<char> fresh;

  size_t data_size() const { return implementer_size - data_offset; }
  static constexpr size_t kShutdownListSize = 3 * sizeof(uintptr_t);
  size_t relocatable_offset() const { return implementer_size + compat::kThreadLocalTopSize; }
};

// Finds out. Must run in the callback of a construct call (V8 11.3 then has a relocatable on the
// stack, and it is by its value that the list head is recognised). False, with what was looked for
// and what was found in *why, unless each thing is found exactly once.
//
// `sabotage` makes a step fail on purpose, for tests: "<step>" finds nothing, "<step>:twice" finds
// two.
bool DiscoverLayout(v8::Isolate* isolate, const std::string& sabotage, Layout* layout,
                    std::string* why);

// Only what drivers need that let V8 archive: the words for this thread's id and its stack's start,
// the shutdown list, late interrupts. False at the first that is not there; what was found before
// can be used.
bool DiscoverThreadWords(v8::Isolate* isolate, const std::string& sabotage, Layout* layout,
                         std::string* why);

}  // namespace greenlit

#endif  // GREENLIT_LAYOUT_H_
