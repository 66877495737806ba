#include "thread_list.h"

#include <cstddef>

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

ThreadList::ThreadList(const Layout& layout, bool skip)
    : isolate_(layout.isolate),
      anchor_(layout.threads_in_use),
      skip_(skip),
      nothing_(layout.fresh),
      first_{kFirstId - 2, 0, nothing_.data(), nullptr, nullptr, layout.thread_manager},
      last_{kFirstId - 1, 0, nothing_.data(), nullptr, nullptr, layout.thread_manager} {
  if (!skip_) return;
  InsertAfter(anchor_->previous, &first_);
  InsertAfter(&first_, &last_);
  isolate_->AddGCPrologueCallback(BeforeCollection, this);
  isolate_->AddGCEpilogueCallback(AfterScavenge, this, v8::kGCTypeScavenge);
}

ThreadList::~ThreadList() {
  if (!skip_) return;
  isolate_->RemoveGCPrologueCallback(BeforeCollection, this);
  isolate_->RemoveGCEpilogueCallback(AfterScavenge, this);
  Show();
  Remove(&first_);
  Remove(&last_);
}

void ThreadList::Enter(ListedThread* thread) {
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

// The list is in the order of entering, so whoever is due to rest stands before the first mark.
// What is not ours there (a thread of somebody who uses v8::Locker) stays where it is.
void ThreadList::PutToRest() {
  ThreadRecord* record = first_.previous;
  while (record != anchor_) {
    ThreadRecord* earlier = record->previous;
    if (record->id >= kFirstId) {
      auto* thread = reinterpret_cast<ListedThread*>(record);
      if (scavenges_ - thread->since < kScavengesToRest) return;
      Remove(record);
      InsertAfter(&first_, record);
      thread->resting = true;
      resting_++;
    }
    record = earlier;
  }
}

void ThreadList::Hide() {
  first_.previous->next = last_.next;
  last_.next->previous = first_.previous;
  hidden_ = true;
}

void ThreadList::Show() {
  if (!hidden_) return;
  first_.previous = anchor_->previous;
  last_.next = anchor_;
  anchor_->previous->next = &first_;
  anchor_->previous = &last_;
  hidden_ = false;
}

void ThreadList::BeforeCollection(v8::Isolate*, v8::GCType type, v8::GCCallbackFlags, void* data) {
  auto* self = static_cast<ThreadList*>(data);
  self->Show();  // no scavenge is open that a full collection could be nested in; were it, it must
                 // see all
  if (type != v8::kGCTypeScavenge) return;
  self->PutToRest();
  self->Hide();
}

void ThreadList::AfterScavenge(v8::Isolate*, v8::GCType, v8::GCCallbackFlags, void* data) {
  auto* self = static_cast<ThreadList*>(data);
  self->Show();
  self->scavenges_++;
}

bool PromotesInTwoScavenges(v8::Isolate* isolate, void (*collect)(v8::Isolate*, bool minor)) {
  // A collection that V8 makes by itself in between looks like a difference, so there are a few
  // tries.
  for (int attempt = 0; attempt < 3; attempt++) {
    v8::HandleScope scope(isolate);
    v8::Local<v8::Object> object = v8::Object::New(isolate);
    auto place = [&object] { return **reinterpret_cast<uintptr_t**>(&object); };
    uintptr_t born = place();
    collect(isolate, true);
    uintptr_t first = place();
    collect(isolate, true);
    uintptr_t second = place();
    collect(isolate, true);
    uintptr_t third = place();
    collect(isolate, true);
    if (first != born && third == second && place() == second) return true;
  }
  return false;
}

}  // namespace greenlit
