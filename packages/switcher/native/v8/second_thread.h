// Threads for the discovery to look at: V8 takes this thread for another one, under another id. It
// then archives the first, and the live state is that of a thread that has run nothing.
//
// Other threads may ask the isolate for something meanwhile. When a thread ends, V8 drops what was
// asked of it. So these do not end: V8 archives each, in one step with restoring the first, and the
// notes can be taken from its archive. V8 never restores it: what it would restore may be gone
// then, such as the scope of a debugger that was stepping. V8 deletes the archive with the isolate.
//
// Until then the archives are not in V8's list, so that no collection visits them.

#ifndef GREENLIT_V8_SECOND_THREAD_H_
#define GREENLIT_V8_SECOND_THREAD_H_

#include <v8.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "v8/late_interrupts.h"
#include "v8/layout.h"

namespace greenlit {

class SecondThread {
 public:
  // V8 will not give ids from here on to threads of its own.
  static constexpr int32_t kFirstId = 1 << 20;
  // So many ids follow the first one: one for each call of Run.
  static constexpr int32_t kIds = 1 << 8;

  SecondThread(v8::Isolate* isolate, int32_t first_id) : isolate_(isolate), id_(first_id) {}
  ~SecondThread();
  SecondThread(const SecondThread&) = delete;
  SecondThread& operator=(const SecondThread&) = delete;

  // Calls `look` as a second thread. Needs the word of the thread's id, and V8's list of threads.
  // Returns what V8 has archived; null if V8 did not enter it as the newest.
  const ThreadRecord* Run(const Layout& layout, const std::string& sabotage,
                          const std::function<void()>& look);

  // The id of the last one.
  int32_t id() const { return id_; }
  // Of all calls of Run.
  const std::vector<ThreadRecord*>& archived() const { return archived_; }
  // The stack guard just before the last one was archived.
  const StackGuard& guard() const { return guard_; }

 private:
  v8::Isolate* isolate_;
  int32_t id_;
  ThreadRecord* threads_in_use_ = nullptr;
  StackGuard guard_;
  std::vector<ThreadRecord*> archived_;
};

}  // namespace greenlit

#endif  // GREENLIT_V8_SECOND_THREAD_H_
