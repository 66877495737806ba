// V8's record of a thread that does not hold the isolate (v8::internal::ThreadState). Discovery
// compares this layout with V8's own list before anything relies on it.

#ifndef GREENLIT_V8_THREAD_RECORD_H_
#define GREENLIT_V8_THREAD_RECORD_H_

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

#endif  // GREENLIT_V8_THREAD_RECORD_H_
