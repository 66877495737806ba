// All that V8 keeps about one stack of the driver `direct`. Saved while the stack is suspended, and
// restored before it runs again.

#ifndef GREENLIT_V8_ISOLATE_STATE_H_
#define GREENLIT_V8_ISOLATE_STATE_H_

#include "machine/stack_memory.h"
#include "v8/layout.h"
#include "v8/thread_list.h"

namespace greenlit {

class IsolateState {
 public:
  // The state of a stack that has run nothing yet. Each stack has its own small id.
  IsolateState(const Layout& layout, ThreadList* list, const StackBounds& bounds, int32_t id);
  ~IsolateState();
  IsolateState(const IsolateState&) = delete;
  IsolateState& operator=(const IsolateState&) = delete;

  // Copies the live state here, and enters it in V8's list of archived threads. Through that list
  // garbage collection and deoptimisation visit this stack.
  void Save(const Layout& layout);

  // Leaves the list, and makes this the live state. Save() the running stack's state first.
  void Restore(const Layout& layout);

  // Enters V8's list, for a stack that has run nothing yet.
  void Enter() { list_->Enter(&thread_); }
  // Leaves V8's list for good, and frees the handles. The stack must not run again.
  void Abandon(const Layout& layout);

 private:
  ListedThread thread_;
  ThreadList* list_;
  uintptr_t stack_start_;
  uintptr_t stack_limit_;
  UnarchivedState unarchived_;
  alignas(uintptr_t) char archive_[Layout::kArchiveSize];
};

}  // namespace greenlit

#endif  // GREENLIT_V8_ISOLATE_STATE_H_
