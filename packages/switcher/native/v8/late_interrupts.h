// Interrupts that arrive while a stack is being left. Other threads may ask the isolate to
// terminate or to call back. V8 notes this in the stack guard of the stack that runs at that time.
// If that stack is just being left, V8 archives the note with it. Then the wrong stack would act on
// it, when it runs again, or never. So the stack that arrives takes such notes over.
//
// It takes all of them, not only those of other threads: that code is to be installed, or a
// collection to be made. Each is about the isolate and not about the stack, so whoever runs may act
// on it; with a stack that is suspended it would wait.
//
// V8 archives one stack and restores the next in one step, under the lock under which others ask.
// So where archives can be looked into, nothing is missed. Elsewhere the notes are taken just
// before V8 copies them; those that come within the tenth of a microsecond after that are missed.

#ifndef GREENLIT_V8_LATE_INTERRUPTS_H_
#define GREENLIT_V8_LATE_INTERRUPTS_H_

#include <v8.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "v8/compat.h"
#include "v8/thread_record.h"

namespace greenlit {

using StackGuard = std::array<int32_t, compat::kStackGuardSize / sizeof(int32_t)>;

StackGuard ReadStackGuard(v8::Isolate* isolate);

struct LateInterrupts {
  // The word of the stack guard that holds the notes of the running stack; SIZE_MAX: not known.
  size_t word = SIZE_MAX;

  const ThreadRecord* threads_in_use = nullptr;  // the list's anchor; null: archives are not known
  size_t archive_offset = 0;                     // of the notes, in an archive

  // Finds the word. False unless there is exactly one. Needs a context.
  bool Learn(v8::Isolate* isolate, const std::string& sabotage);

  // Takes the notes from the stack that was left. Call it before the next stack has taken the
  // isolate. Returns 0 where archives are known: Deliver looks there.
  int32_t Collect(v8::Isolate* isolate) const;

  // Gives the running stack what was collected, and what V8 has archived. Call it when the stack
  // has taken the isolate.
  void Deliver(v8::Isolate* isolate, int32_t collected) const;

  // The notes that the stack guard holds now: of the running stack, or of one that V8 has just
  // forgotten.
  int32_t Noted(v8::Isolate* isolate) const;

  // Takes the notes from a stack that V8 has archived.
  int32_t TakeFrom(const ThreadRecord& archived) const;

  // Adds to the notes of the running stack.
  void Give(v8::Isolate* isolate, int32_t notes) const;
};

// For tests: if `sabotage` is "terminate:" and the name of this place, asks for a termination, as
// another thread could in this moment. It does so once in a process.
void AskAt(const char* place, v8::Isolate* isolate, const std::string& sabotage);

}  // namespace greenlit

#endif  // GREENLIT_V8_LATE_INTERRUPTS_H_
