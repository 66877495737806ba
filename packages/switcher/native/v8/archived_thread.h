// One stack that V8 takes for a thread. V8 archives its state while another stack holds the
// isolate: that is what the documented v8::Locker and v8::Unlocker do. A function for each step of
// its life:
//
//      new ──Start──▶ running ──Save──▶ archived
//       ▲                ◀────Restore────┘ │
//       └────────────────Discard───────────┘
//
// The Locker, the Unlocker and the HandleScope lie here and not on the stack. So an archived stack
// can be ended without going back to its frames. The root is never started: Node locks for it.

#ifndef GREENLIT_V8_ARCHIVED_THREAD_H_
#define GREENLIT_V8_ARCHIVED_THREAD_H_

#include <v8.h>

#include <optional>

#include "v8/unarchived_state.h"

namespace greenlit {

class ArchivedThread {
 public:
  ArchivedThread(v8::Isolate* isolate, const UnarchivedWords& unarchived)
      : isolate_(isolate), unarchived_(unarchived) {}

  bool archived() const { return unlocker_.has_value(); }

  // Takes the isolate, as a thread that has run nothing yet.
  void Start() {
    locker_.emplace(isolate_);
    handles_.emplace(isolate_);
    unarchived_.Restore();
  }

  // Save gives the isolate up; Restore takes it again.
  void Save() {
    unarchived_.Save();
    unlocker_.emplace(isolate_);
  }
  void Restore() {
    unlocker_.reset();
    unarchived_.Restore();
  }

  // Makes V8 forget an archived stack whose frames will never run again. No stack may hold the
  // isolate. Handle scopes in those frames will never be closed; closing the outermost one, which
  // lies here, frees their handles.
  void Discard() {
    unlocker_.reset();
    handles_.reset();
    locker_.reset();
  }

 private:
  v8::Isolate* isolate_;
  UnarchivedState unarchived_;
  std::optional<v8::Locker> locker_;
  std::optional<v8::HandleScope> handles_;
  std::optional<v8::Unlocker> unlocker_;
};

}  // namespace greenlit

#endif  // GREENLIT_V8_ARCHIVED_THREAD_H_
