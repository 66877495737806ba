// One thread in V8's eyes, which V8 itself archives while another holds the isolate: the documented
// v8::Locker and v8::Unlocker, with the four moments of a stack's life for verbs.
//
//      new ──Start──▶ running ◀──Restore── archived
//       ▲                └───────Save──────▶  │
//       └──────────────────Discard────────────┘
//
// The objects live here and not on the stack they belong to, so that an archived stack can be ended
// without going back to its frames. The root has no Start: its Locker is Node's.

#ifndef GREENLIT_ARCHIVED_THREAD_H_
#define GREENLIT_ARCHIVED_THREAD_H_

#include <v8.h>

#include <optional>

#include "shutdown_list.h"

namespace greenlit {

class ArchivedThread {
 public:
  ArchivedThread(v8::Isolate* isolate, uintptr_t* shutdown_list)
      : isolate_(isolate), shutdown_list_(shutdown_list) {}

  bool archived() const { return unlocker_.has_value(); }

  // Takes the isolate, as a thread that has run nothing.
  void Start() {
    locker_.emplace(isolate_);
    handles_.emplace(isolate_);
    shutdown_list_.Restore();
  }

  // Gives the isolate up, and takes it again.
  void Save() {
    shutdown_list_.Save();
    unlocker_.emplace(isolate_);
  }
  void Restore() {
    unlocker_.reset();
    shutdown_list_.Restore();
  }

  // Makes V8 forget one whose frames nobody will go back to. Nobody may hold the isolate. The
  // handle scope below all others frees the handles of those that nobody closes.
  void Discard() {
    unlocker_.reset();
    handles_.reset();
    locker_.reset();
  }

 private:
  v8::Isolate* isolate_;
  ShutdownList shutdown_list_;
  std::optional<v8::Locker> locker_;
  std::optional<v8::HandleScope> handles_;
  std::optional<v8::Unlocker> unlocker_;
};

}  // namespace greenlit

#endif  // GREENLIT_ARCHIVED_THREAD_H_
