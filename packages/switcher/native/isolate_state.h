// What V8 knows about one stack, and how it is put away and taken out again.

#ifndef GREENLIT_ISOLATE_STATE_H_
#define GREENLIT_ISOLATE_STATE_H_

#include "layout.h"
#include "stack_memory.h"
#include "thread_list.h"

namespace greenlit {

class IsolateState {
 public:
  // The state of a stack that has run nothing. id: small, one for each.
  IsolateState(const Layout& layout, ThreadList* list, const StackBounds& bounds, int32_t id);
  ~IsolateState();
  IsolateState(const IsolateState&) = delete;
  IsolateState& operator=(const IsolateState&) = delete;

  // Copies the live state here and enters it in V8's list of archived threads: from now on garbage
  // collection and deoptimisation visit this stack through it.
  void Save(const Layout& layout);

  // Takes it out of the list and makes it the live state. Save() another one first.
  void Restore(const Layout& layout);

  // Enters V8's list without touching the state.
  void Enter() { list_->Enter(&thread_); }
  // Leaves V8's list for good, and frees the handles of a stack that will not run again.
  void Abandon(const Layout& layout);

 private:
  ListedThread thread_;
  ThreadList* list_;
  uintptr_t stack_start_;
  uintptr_t stack_limit_;
  char shutdown_list_[Layout::kShutdownListSize] = {};  // an empty vector
  alignas(uintptr_t) char archive_[Layout::kArchiveSize];
};

}  // namespace greenlit

#endif  // GREENLIT_ISOLATE_STATE_H_
