// V8's list of archived threads, as we use it: suspended stacks enter and leave it, and scavenges
// do not see those that cannot matter to them.
//
// A scavenge visits every archived thread, 1.5 to 3 us each. But a stack that has not run for a few
// scavenges refers to nothing young any more: nobody writes to it while it is suspended, and all it
// referred to has survived often enough to be promoted. Such stacks rest between two marks at the
// end of the list, and for the length of a scavenge that part is taken out of it. Full collections
// and deoptimisation see every stack.
//
//   anchor ⇄ suspended last ⇄ ... ⇄ suspended longest ago ⇄ [ first mark ⇄ resting ... ⇄ last mark
//   ] ⇄ anchor
//
// Both V8 and we enter at the anchor, so nothing of anybody else's gets between the marks.

#ifndef GREENLIT_THREAD_LIST_H_
#define GREENLIT_THREAD_LIST_H_

#include <cstdint>

#include "layout.h"

namespace greenlit {

// One suspended stack in the list.
struct ListedThread {
  ThreadRecord record;  // what V8 sees; first, so that one is found from the other
  uint64_t since = 0;   // scavenges seen when it entered
  bool listed = false;
  bool resting = false;
};

class ThreadList {
 public:
  // skip: keep resting stacks out of scavenges. False leaves all visible, always.
  ThreadList(const Layout& layout, bool skip);
  ~ThreadList();
  ThreadList(const ThreadList&) = delete;
  ThreadList& operator=(const ThreadList&) = delete;

  void Enter(ListedThread* thread);
  void Leave(ListedThread* thread);

  // How many scavenges were spared how many stacks: `resting` now, `scavenges` seen so far.
  size_t resting() const { return resting_; }
  uint64_t scavenges() const { return scavenges_; }
  bool skips() const { return skip_; }

  // Our records' ids begin here: V8 counts its own up from 1.
  static constexpr int32_t kFirstId = 1 << 21;

 private:
  // V8 promotes what survives its second scavenge. One more is our margin.
  static constexpr uint64_t kScavengesToRest = 3;

  static void BeforeCollection(v8::Isolate*, v8::GCType, v8::GCCallbackFlags, void* self);
  static void AfterScavenge(v8::Isolate*, v8::GCType, v8::GCCallbackFlags, void* self);
  void PutToRest();
  void Hide();
  void Show();

  v8::Isolate* isolate_;
  ThreadRecord* anchor_;
  bool skip_;
  bool hidden_ = false;
  uint64_t scavenges_ = 0;
  size_t resting_ = 0;
  std::vector<char> nothing_;  // the marks' archive
  ThreadRecord first_;
  ThreadRecord last_;
};

// Whether this V8 promotes as ThreadList relies on: an object that moves in its first scavenge has
// found its place after the second. Collects garbage.
bool PromotesInTwoScavenges(v8::Isolate* isolate, void (*collect)(v8::Isolate*, bool minor));

}  // namespace greenlit

#endif  // GREENLIT_THREAD_LIST_H_
