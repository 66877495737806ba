// V8's list of archived threads, as we use it. Suspended stacks enter and leave it. Scavenges do
// not see stacks that have not run for a while.
//
// A scavenge visits every archived thread, which takes 1.5 to 3 us each. But a stack that has not
// run for a few scavenges refers to no young objects any more: nothing writes to a suspended stack,
// and all it refers to has survived often enough to be promoted. Such stacks rest: they lie between
// two marks at the end of the list, and for the length of a scavenge that part is taken out of the
// list. Full collections and deoptimisation see every stack.
//
//   anchor ⇄ newest ⇄ ... ⇄ oldest ⇄ [ first mark ⇄ resting ⇄ ... ⇄ last mark ] ⇄ anchor
//
// V8 enters threads at the anchor, and so do we. So no thread of others gets between the marks.
//
// While a part is taken out of the list, nothing but that one scavenge may happen. So our callback
// takes it out after all other callbacks have run before the scavenge, and puts it back before any
// other callback runs after it: see GcCallbacks. If our callback is not in this order, that
// scavenge sees every stack.

#ifndef GREENLIT_V8_THREAD_LIST_H_
#define GREENLIT_V8_THREAD_LIST_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "v8/gc_callbacks.h"
#include "v8/layout.h"

namespace greenlit {

// One suspended stack in the list.
struct ListedThread {
  ThreadRecord record;  // what V8 sees; the first field, so that a thread is found from its record
  uint64_t since = 0;   // how many scavenges there had been when it entered
  bool listed = false;
  bool resting = false;
};

class ThreadList {
 public:
  // With callbacks, resting stacks are kept out of scavenges. Without, V8 always sees all stacks.
  ThreadList(const Layout& layout, std::optional<GcCallbacks> callbacks);
  ~ThreadList();
  ThreadList(const ThreadList&) = delete;
  ThreadList& operator=(const ThreadList&) = delete;

  // Call it once for each thread, before it enters. Ids are small and dense.
  void Register(ListedThread* thread, int id);

  void Enter(ListedThread* thread);
  void Leave(ListedThread* thread);

  // How many stacks rest now, how many scavenges there have been, and whether stacks rest at all.
  size_t resting() const { return resting_; }
  uint64_t scavenges() const { return scavenges_; }
  bool skips() const { return callbacks_.has_value(); }

  // The ids of our records begin here. V8 counts its own up from 1.
  static constexpr int32_t kFirstId = 1 << 21;

 private:
  // V8 promotes what survives its second scavenge. One more is our margin.
  static constexpr uint64_t kScavengesToRest = 3;

  static void BeforeCollection(v8::Isolate*, v8::GCType, v8::GCCallbackFlags, void* self);
  static void AfterScavenge(v8::Isolate*, v8::GCType, v8::GCCallbackFlags, void* self);
  ListedThread* FindOurs(ThreadRecord* record) const;
  void PutToRest();
  [[gnu::noinline]] void BecomeLast();
  void HideResting();
  void ShowResting();

  v8::Isolate* isolate_;
  ThreadRecord* anchor_;
  std::optional<GcCallbacks> callbacks_;
  bool out_of_order_ = false;           // other callbacks run after ours before a collection
  std::vector<ListedThread*> threads_;  // by id
  bool hidden_ = false;
  uint64_t scavenges_ = 0;
  size_t resting_ = 0;
  std::vector<char> mark_archive_;  // the marks' archive
  ThreadRecord first_mark_;
  ThreadRecord last_mark_;
};

// Whether this V8 promotes as ThreadList needs it: every young object moves in its first scavenge,
// and no more after its second. Tries it with several kinds of objects; collects garbage.
bool PromotesInTwoScavenges(v8::Isolate* isolate);

}  // namespace greenlit

#endif  // GREENLIT_V8_THREAD_LIST_H_
