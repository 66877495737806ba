#include "v8/late_interrupts.h"

#include <atomic>
#include <cstring>

namespace greenlit {

namespace {

int32_t* GuardOf(v8::Isolate* isolate) {
  return reinterpret_cast<int32_t*>(reinterpret_cast<char*>(isolate) + compat::kStackGuardOffset);
}

void Nothing(v8::Isolate*, void*) {}

// Asks V8 to call back, and returns the word of the guard in which that sets one bit. (The limits
// and other words change, too, but in more bits.) Returns SIZE_MAX unless there is exactly one: a
// note may be there already, or another thread may ask for something in between.
size_t FindWord(v8::Isolate* isolate, const std::string& sabotage) {
  StackGuard before = ReadStackGuard(isolate);
  AskAt("asking", isolate, sabotage);
  isolate->RequestInterrupt(Nothing, nullptr);
  StackGuard asked = ReadStackGuard(isolate);
  size_t word = SIZE_MAX;
  for (size_t i = 0; i < before.size(); i++) {
    bool is_one_bit = asked[i] != 0 && (asked[i] & (asked[i] - 1)) == 0;
    if (before[i] != 0 || !is_one_bit) continue;
    if (word != SIZE_MAX) return SIZE_MAX;
    word = i;
  }
  return word;
}

}  // namespace

StackGuard ReadStackGuard(v8::Isolate* isolate) {
  StackGuard words;
  memcpy(words.data(), GuardOf(isolate), sizeof(words));
  return words;
}

void AskAt(const char* place, v8::Isolate* isolate, const std::string& sabotage) {
  static std::atomic<bool> asked{false};
  if (sabotage != std::string("terminate:") + place || asked.exchange(true)) return;
  isolate->TerminateExecution();
}

// The word is the same in all isolates, so it is found once.
bool LateInterrupts::Learn(v8::Isolate* isolate, const std::string& sabotage) {
  static std::atomic<size_t> known{SIZE_MAX};
  word = known;
  if (word != SIZE_MAX) return true;

  // If a bit were set already, no change would show. Running any JavaScript clears the bits.
  v8::HandleScope handles(isolate);
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  v8::Local<v8::String> source = v8::String::NewFromUtf8Literal(isolate, "0");
  v8::Local<v8::Script> script;
  if (!v8::Script::Compile(context, source).ToLocal(&script)) return false;

  for (int attempt = 0; attempt < 50 && word == SIZE_MAX; attempt++) {
    if (script->Run(context).IsEmpty()) break;  // V8 is terminating what runs
    AskAt("learning", isolate, sabotage);
    word = FindWord(isolate, sabotage);
  }
  AskAt("learned", isolate, sabotage);
  known = word;
  return word != SIZE_MAX;
}

int32_t LateInterrupts::Noted(v8::Isolate* isolate) const {
  return word == SIZE_MAX ? 0 : __atomic_load_n(GuardOf(isolate) + word, __ATOMIC_SEQ_CST);
}

int32_t LateInterrupts::TakeFrom(const ThreadRecord& archived) const {
  auto* notes = reinterpret_cast<int32_t*>(archived.data + archive_offset);
  int32_t taken = *notes;
  // The limits in the archive still say that there are notes. V8 then looks, finds none, and sets
  // the limits right.
  if (taken != 0) *notes = 0;
  return taken;
}

int32_t LateInterrupts::Collect(v8::Isolate* isolate) const {
  if (threads_in_use != nullptr || word == SIZE_MAX) return 0;
  // V8 has not copied the guard yet, so it still has the notes of the stack that was left. If
  // another thread adds to them in this moment, both stacks may have what was there before.
  return __atomic_exchange_n(GuardOf(isolate) + word, 0, __ATOMIC_SEQ_CST);
}

void LateInterrupts::Deliver(v8::Isolate* isolate, int32_t late) const {
  if (threads_in_use != nullptr) late = TakeFrom(*threads_in_use->next);
  Give(isolate, late);
}

// V8 adds to the notes under a lock that we cannot take, and not atomically. So it may overwrite
// what we add. A request takes that lock: once it has been made, no such addition is under way any
// more. The request also makes V8 set the limits, so that JavaScript looks at the notes.
void LateInterrupts::Give(v8::Isolate* isolate, int32_t notes) const {
  if (notes == 0) return;
  do {
    __atomic_fetch_or(GuardOf(isolate) + word, notes, __ATOMIC_SEQ_CST);
    isolate->RequestInterrupt(Nothing, nullptr);
  } while ((Noted(isolate) & notes) != notes);
}

}  // namespace greenlit
