#include "v8/gc_callbacks.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "machine/memory_probe.h"
#include "v8/isolate_words.h"

namespace greenlit {

namespace {

void Nothing(v8::Isolate*, v8::GCType, v8::GCCallbackFlags, void*) {}

bool Has(const char* entry, size_t size, uintptr_t wanted) {
  for (size_t at = 0; at < size; at += sizeof(uintptr_t)) {
    uintptr_t word;
    memcpy(&word, entry + at, sizeof(word));
    if (word == wanted) return true;
  }
  return false;
}

bool IsEntry(const char* entry, size_t size, GcCallback callback, const void* data) {
  return Has(entry, size, reinterpret_cast<uintptr_t>(callback)) &&
         Has(entry, size, reinterpret_cast<uintptr_t>(data));
}

}  // namespace

// Adds a callback, and looks for the vector that has grown by an entry with this callback.
std::optional<GcCallbackList> GcCallbackList::Find(v8::Isolate* isolate, Kind kind) {
  constexpr v8::GCType kNever = v8::kGCTypeProcessWeakCallbacks;
  auto base = reinterpret_cast<uintptr_t>(isolate);
  GcCallbackList found;
  std::vector<uintptr_t> without = IsolateWords(isolate);
  if (kind == kBefore) {
    isolate->AddGCPrologueCallback(Nothing, &found, kNever);
  } else {
    isolate->AddGCEpilogueCallback(Nothing, &found, kNever);
  }
  std::vector<uintptr_t> with = IsolateWords(isolate);
  size_t hits = 0;
  for (size_t i = 0; i + 2 < with.size() && i + 2 < without.size(); i++) {
    uintptr_t begin = with[i], end = with[i + 1], capacity = with[i + 2];
    if (!LooksLikePointer(begin) || end <= begin || capacity < end) continue;
    size_t entry = (end - begin) - (without[i + 1] - without[i]);
    char last[64];
    if (entry == 0 || entry > sizeof(last) || (end - begin) % entry != 0) continue;
    if (!ProbeRead(end - entry, last, entry)) continue;
    if (!IsEntry(last, entry, Nothing, &found)) continue;
    hits++;
    found.words_ = reinterpret_cast<uintptr_t*>(base) + i;
    found.entry_ = entry;
  }
  if (kind == kBefore) {
    isolate->RemoveGCPrologueCallback(Nothing, &found);
  } else {
    isolate->RemoveGCEpilogueCallback(Nothing, &found);
  }
  if (hits != 1) return std::nullopt;
  return found;
}

bool GcCallbackList::IsAt(const char* at, GcCallback callback, void* data) const {
  return at >= begin() && at < end() && IsEntry(at, entry_, callback, data);
}

bool GcCallbackList::IsFirst(GcCallback callback, void* data) const {
  return IsAt(begin(), callback, data);
}

bool GcCallbackList::IsLast(GcCallback callback, void* data) const {
  return IsAt(end() - entry_, callback, data);
}

char* GcCallbackList::Entry(GcCallback callback, void* data) const {
  char* at = begin();
  while (at < end() && !IsAt(at, callback, data)) at += entry_;
  return at;
}

void GcCallbackList::MakeFirst(GcCallback callback, void* data) const {
  char* at = Entry(callback, data);
  if (at < end()) std::rotate(begin(), at, at + entry_);
}

void GcCallbackList::MakeLast(GcCallback callback, void* data) const {
  char* at = Entry(callback, data);
  if (at < end()) std::rotate(at, at + entry_, end());
}

}  // namespace greenlit
