#include "late_interrupts.h"

#include <v8-internal.h>

#include <array>
#include <cstring>

namespace greenlit {

namespace {

using v8::internal::Internals;

using Guard = std::array<int32_t, Internals::kStackGuardSize / sizeof(int32_t)>;

const char* GuardOf(v8::Isolate* isolate) {
  return reinterpret_cast<const char*>(isolate) + Internals::kIsolateStackGuardOffset;
}

Guard Read(v8::Isolate* isolate) {
  Guard words;
  memcpy(words.data(), GuardOf(isolate), sizeof(words));
  return words;
}

bool IsOneBit(int32_t bits) { return bits != 0 && (bits & (bits - 1)) == 0; }

void Nothing(v8::Isolate*, void*) {}

// Asks to be called back, and sees which word of the guard that changes by one bit. (The limits
// change, too, but by more.) SIZE_MAX where it is not one: another thread may note something in
// between.
size_t FindNotes(v8::Isolate* isolate, Guard* asked, int32_t* call_back) {
  Guard before = Read(isolate);
  isolate->RequestInterrupt(Nothing, nullptr);
  *asked = Read(isolate);
  size_t word = SIZE_MAX;
  for (size_t i = 0; i < before.size(); i++) {
    if (!IsOneBit(before[i] ^ (*asked)[i])) continue;
    if (word != SIZE_MAX) return SIZE_MAX;
    word = i;
    *call_back = before[i] ^ (*asked)[i];
  }
  return word;
}

}  // namespace

// Asks, and sees which bit that sets.
bool LateInterrupts::Learn(v8::Isolate* isolate) {
  // A bit that is set already would not show; running anything clears it.
  v8::HandleScope handles(isolate);
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  v8::Local<v8::String> source = v8::String::NewFromUtf8Literal(isolate, "0");
  v8::Local<v8::Script> script;
  if (!v8::Script::Compile(context, source).ToLocal(&script)) return false;

  for (int attempt = 0; attempt < 50; attempt++) {
    if (script->Run(context).IsEmpty()) break;
    Guard asked;
    word = FindNotes(isolate, &asked, &call_back);
    // Where others have noted something, nothing is taken back, or it could be what they asked for.
    if (word == SIZE_MAX || asked[word] != call_back) continue;
    isolate->TerminateExecution();
    terminate = Read(isolate)[word] ^ call_back;
    isolate->CancelTerminateExecution();
    if (IsOneBit(terminate)) return true;
  }
  *this = LateInterrupts();
  return false;
}

LateNotes::LateNotes(v8::Isolate* isolate) : isolate_(isolate) {
  Guard asked;
  int32_t call_back;
  word_ = FindNotes(isolate, &asked, &call_back);
}

void LateNotes::Read() {
  if (word_ != SIZE_MAX) noted_ = greenlit::Read(isolate_)[word_];
}

void LateNotes::Deliver() {
  // The callbacks wait in a queue of the isolate; this has V8 look there, and at all other notes.
  isolate_->RequestInterrupt(Nothing, nullptr);
  if (word_ == SIZE_MAX) return;
  auto* guard = reinterpret_cast<int32_t*>(const_cast<char*>(GuardOf(isolate_)));
  __atomic_fetch_or(guard + word_, noted_, __ATOMIC_SEQ_CST);
}

int32_t LateInterrupts::Noted(v8::Isolate* isolate) const {
  return word == SIZE_MAX ? 0 : Read(isolate)[word] & (terminate | call_back);
}

int32_t LateInterrupts::Collect(v8::Isolate* isolate) const {
  if (threads_in_use != nullptr) return 0;
  // V8 has not copied anything yet: the notes are where they are of who runs.
  int32_t late = Noted(isolate);
  if ((late & terminate) != 0) isolate->CancelTerminateExecution();
  return late;
}

void LateInterrupts::Deliver(v8::Isolate* isolate, int32_t late) const {
  if (threads_in_use != nullptr) {
    auto* notes = reinterpret_cast<int32_t*>(threads_in_use->next->data + archive_offset);
    late = *notes & (terminate | call_back);
    if (late != 0) *notes &= ~late;
  }
  Renew(isolate, late);
}

void LateInterrupts::Renew(v8::Isolate* isolate, int32_t noted) const {
  if ((noted & terminate) != 0) isolate->TerminateExecution();
  // The callbacks themselves wait in a queue of the isolate; one more has V8 look there.
  if ((noted & call_back) != 0) isolate->RequestInterrupt(Nothing, nullptr);
}

}  // namespace greenlit
