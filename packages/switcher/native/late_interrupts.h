// What other threads ask of the isolate (to terminate, to call back) is noted with the stack that
// runs at that time. If that stack is just being left, V8 archives the note with it: it would be
// heard only when that stack runs again, by the wrong one, or never. So who arrives takes such
// notes over. Where V8's newest archive can be looked into, none is missed; elsewhere those that
// come within the tenth of a microsecond in which V8 copies are.

#ifndef GREENLIT_LATE_INTERRUPTS_H_
#define GREENLIT_LATE_INTERRUPTS_H_

#include <v8.h>

#include <cstddef>
#include <cstdint>

#include "thread_record.h"

namespace greenlit {

struct LateInterrupts {
  size_t word = SIZE_MAX;  // of the stack guard, which has the notes of who runs; else not known
  int32_t terminate = 0;   // their bits
  int32_t call_back = 0;

  const ThreadRecord* threads_in_use = nullptr;  // the list's anchor; null: archives are not known
  size_t archive_offset = 0;                     // of the notes, in an archive

  // Finds word and bits. False unless there is exactly one such word. Needs a context.
  bool Learn(v8::Isolate* isolate);

  // Call before the isolate is taken from the stack that was left: what it must no longer hear.
  int32_t Collect(v8::Isolate* isolate) const;

  // Call when it has been taken, with what was collected.
  void Deliver(v8::Isolate* isolate, int32_t collected) const;

  // The notes that V8 has now of who runs, or of who has just been forgotten.
  int32_t Noted(v8::Isolate* isolate) const;

  // Asks for the same once more.
  void Renew(v8::Isolate* isolate, int32_t noted) const;
};

// The same for a V8 thread that is made, looked through and forgotten, whose notes would be
// forgotten with it: all of them, to whoever runs then.
class LateNotes {
 public:
  // As the thread that will be forgotten.
  explicit LateNotes(v8::Isolate* isolate);

  // As late as can be, before V8 has its guard overwritten.
  void Read();

  // To who runs now.
  void Deliver();

 private:
  v8::Isolate* isolate_;
  size_t word_ = SIZE_MAX;
  int32_t noted_ = 0;
};

}  // namespace greenlit

#endif  // GREENLIT_LATE_INTERRUPTS_H_
