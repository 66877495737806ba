// V8's record of a thread that does not hold the isolate (v8::internal::ThreadState). The layout is
// checked against V8's own list before it is relied on.

#ifndef GREENLIT_THREAD_RECORD_H_
#define GREENLIT_THREAD_RECORD_H_

#include <cstdint>

namespace greenlit {

struct ThreadRecord {
  int32_t id;
  int32_t flags;
  char* data;  // the archive
  ThreadRecord* next;
  ThreadRecord* previous;
  void* manager;
};

}  // namespace greenlit

#endif  // GREENLIT_THREAD_RECORD_H_
