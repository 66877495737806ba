#include "v8/second_thread.h"

#include <new>

namespace greenlit {

const ThreadRecord* SecondThread::Run(const Layout& layout, const std::string& sabotage,
                                      const std::function<void()>& look) {
  int32_t* const word = layout.thread_id;
  const int32_t first_id = *word;
  threads_in_use_ = layout.threads_in_use;
  id_++;
  // Their destructors would have V8 restore the thread, and end it. V8 knows nothing of the
  // objects.
  alignas(v8::Locker) char locker[sizeof(v8::Locker)];
  alignas(v8::Unlocker) char unlocker[sizeof(v8::Unlocker)];
  {
    v8::Unlocker first(isolate_);
    AskAt("unlocked", isolate_, sabotage);
    *word = id_;
    ::new (static_cast<void*>(locker)) v8::Locker(isolate_);
    AskAt("second", isolate_, sabotage);
    look();
    guard_ = ReadStackGuard(isolate_);
    AskAt("archiving", isolate_, sabotage);
    ::new (static_cast<void*>(unlocker)) v8::Unlocker(isolate_);
    *word = first_id;
    AskAt("leaving", isolate_, sabotage);
  }
  AskAt("back", isolate_, sabotage);

  ThreadRecord* newest = threads_in_use_->next;
  if (newest->id != id_) return nullptr;
  newest->previous->next = newest->next;
  newest->next->previous = newest->previous;
  archived_.push_back(newest);
  return newest;
}

SecondThread::~SecondThread() {
  for (ThreadRecord* record : archived_) {
    record->previous = threads_in_use_;
    record->next = threads_in_use_->next;
    record->next->previous = record;
    threads_in_use_->next = record;
  }
}

}  // namespace greenlit
