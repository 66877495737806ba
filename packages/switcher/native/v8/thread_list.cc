#include "v8/thread_list.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "v8/flags.h"

namespace greenlit {

namespace {

static_assert(offsetof(ListedThread, record) == 0, "a thread is found from its record");

void InsertAfter(ThreadRecord* before, ThreadRecord* record) {
  record->next = before->next;
  record->previous = before;
  record->next->previous = record;
  before->next = record;
}

void Remove(ThreadRecord* record) {
  record->previous->next = record->next;
  record->next->previous = record->previous;
}

}  // namespace

ThreadList::ThreadList(const Layout& layout, std::optional<GcCallbacks> callbacks)
    : isolate_(layout.isolate),
      anchor_(layout.threads_in_use),
      callbacks_(callbacks),
      mark_archive_(layout.fresh),
      first_mark_{kFirstId - 2, 0, mark_archive_.data(), nullptr, nullptr, layout.thread_manager},
      last_mark_{kFirstId - 1, 0, mark_archive_.data(), nullptr, nullptr, layout.thread_manager} {
  if (!skips()) return;
  InsertAfter(anchor_->previous, &first_mark_);
  InsertAfter(&first_mark_, &last_mark_);
  isolate_->AddGCPrologueCallback(BeforeCollection, this);
  isolate_->AddGCEpilogueCallback(AfterScavenge, this, v8::kGCTypeScavenge);
}

ThreadList::~ThreadList() {
  if (!skips()) return;
  isolate_->RemoveGCPrologueCallback(BeforeCollection, this);
  isolate_->RemoveGCEpilogueCallback(AfterScavenge, this);
  ShowResting();
  Remove(&first_mark_);
  Remove(&last_mark_);
}

void ThreadList::BecomeLast() {
  callbacks_->before.MakeLast(BeforeCollection, this);
  out_of_order_ = false;
}

void ThreadList::Register(ListedThread* thread, int id) {
  thread->record.id = kFirstId + id;
  threads_.resize(std::max<size_t>(threads_.size(), id + 1));
  threads_[id] = thread;
}

// Null for a thread that is not ours: another native part may use v8::Locker, too.
ListedThread* ThreadList::FindOurs(ThreadRecord* record) const {
  size_t id = static_cast<size_t>(record->id) - kFirstId;
  bool ours = id < threads_.size() && threads_[id] != nullptr && &threads_[id]->record == record;
  return ours ? threads_[id] : nullptr;
}

void ThreadList::Enter(ListedThread* thread) {
  if (__builtin_expect(out_of_order_, false)) BecomeLast();
  InsertAfter(anchor_, &thread->record);
  thread->since = scavenges_;
  thread->listed = true;
}

void ThreadList::Leave(ListedThread* thread) {
  if (!thread->listed) return;
  Remove(&thread->record);
  thread->listed = false;
  if (thread->resting) {
    thread->resting = false;
    resting_--;
  }
}

// The newest threads stand at the anchor, so those that may rest now stand just before the first
// mark. Threads that are not ours stay where they are.
void ThreadList::PutToRest() {
  ThreadRecord* record = first_mark_.previous;
  while (record != anchor_) {
    ThreadRecord* earlier = record->previous;
    if (ListedThread* thread = FindOurs(record)) {
      if (scavenges_ - thread->since < kScavengesToRest) return;
      Remove(record);
      InsertAfter(&first_mark_, record);
      thread->resting = true;
      resting_++;
    }
    record = earlier;
  }
}

void ThreadList::HideResting() {
  first_mark_.previous->next = last_mark_.next;
  last_mark_.next->previous = first_mark_.previous;
  hidden_ = true;
}

void ThreadList::ShowResting() {
  if (!hidden_) return;
  first_mark_.previous = anchor_->previous;
  last_mark_.next = anchor_;
  anchor_->previous->next = &first_mark_;
  anchor_->previous = &last_mark_;
  hidden_ = false;
}

void ThreadList::BeforeCollection(v8::Isolate*, v8::GCType type, v8::GCCallbackFlags, void* data) {
  auto* self = static_cast<ThreadList*>(data);
  // A full collection is never nested in a scavenge; if it were, it would have to see all.
  self->ShowResting();
  if (type != v8::kGCTypeScavenge) return;
  self->PutToRest();
  const auto& [before, after] = *self->callbacks_;
  if (!after.IsFirst(AfterScavenge, self)) after.MakeFirst(AfterScavenge, self);
  self->out_of_order_ = !before.IsLast(BeforeCollection, self);
  if (!self->out_of_order_) self->HideResting();
}

void ThreadList::AfterScavenge(v8::Isolate*, v8::GCType, v8::GCCallbackFlags, void* data) {
  auto* self = static_cast<ThreadList*>(data);
  self->ShowResting();
  self->scavenges_++;
}

bool PromotesInTwoScavenges(v8::Isolate* isolate) {
  v8::HandleScope scope(isolate);
  // Objects of several kinds and sizes, and many of them, so that none stays in place by chance.
  constexpr int kRounds = 64;
  std::vector<v8::Local<v8::Value>> objects;
  for (int i = 0; i < kRounds; i++) {
    objects.push_back(v8::Object::New(isolate));
    objects.push_back(v8::Number::New(isolate, i + 0.5));
    objects.push_back(v8::Array::New(isolate, 1 + i));
    v8::Local<v8::String> text =
        v8::String::NewFromUtf8(isolate, std::to_string(i + 1'000'000).c_str()).ToLocalChecked();
    objects.push_back(text);
    objects.push_back(v8::String::Concat(isolate, text, text));
    objects.push_back(v8::Date::New(isolate->GetCurrentContext(), i).ToLocalChecked());
  }
  auto places = [&objects] {
    std::vector<uintptr_t> places;
    for (auto& object : objects) places.push_back(**reinterpret_cast<uintptr_t**>(&object));
    return places;
  };
  std::vector<uintptr_t> after[5] = {places()};
  for (int scavenge = 1; scavenge < 5; scavenge++) {
    CollectGarbage(isolate, true);
    after[scavenge] = places();
  }
  // V8 may collect by itself in between. That can only look like a difference, and nothing is
  // proved then.
  for (size_t i = 0; i < objects.size(); i++) {
    if (after[1][i] == after[0][i]) return false;
  }
  return after[3] == after[2] && after[4] == after[2];
}

}  // namespace greenlit
