#include "v8/layout.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <functional>
#include <iterator>
#include <map>
#include <set>

#include "machine/memory_probe.h"
#include "v8/discovery.h"
#include "v8/second_thread.h"
#include "v8/v8_module.h"

namespace greenlit {

using compat::kThreadLocalTopOffset;
using compat::kThreadLocalTopSize;

namespace {

static_assert(offsetof(ThreadRecord, data) == 8 && offsetof(ThreadRecord, next) == 16 &&
                  offsetof(ThreadRecord, previous) == 24 && offsetof(ThreadRecord, manager) == 32,
              "ThreadRecord mirrors V8's ThreadState");

// The handle scope implementer is smaller than this on every supported version (104 to 152 bytes).
constexpr size_t kImplementerLimit = 256;

static_assert(kImplementerLimit + kThreadLocalTopSize + sizeof(uintptr_t) <= Layout::kArchiveSize,
              "what is copied into an archive fits");

// Blocks signals while words of V8's thread-local storage are briefly changed: a signal handler
// could look at them.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

class LayoutDiscovery : private Discovery {
 public:
  LayoutDiscovery(v8::Isolate* isolate, const std::string& sabotage, SecondThread* second,
                  Layout* layout, std::string* why)
      : Discovery(isolate, sabotage, layout, why), second_(*second) {}

  bool Run() {
    layout_.thread_local_top = reinterpret_cast<char*>(base_ + kThreadLocalTopOffset);
    return RunThreadWords() && FindStackLimit() && FindThreadManager("thread manager") &&
           FindHandleScopes() && LearnArchive();
  }

  bool RunForV8sArchives() {
    if (!RunThreadWords() || !FindThreadManager(kLateInterrupts)) return false;
    layout_.late_interrupts.threads_in_use = layout_.threads_in_use;
    return RunSecondThread([] {});
  }

 private:
  static constexpr const char* kLateInterrupts = "late interrupts";

  bool RunThreadWords() {
    layout_.isolate = isolate_;
    v8_ = V8Module::Find();
    return LearnLateInterrupts() && FindThreadWords() &&
           DiscoverUnarchivedWords(isolate_, sabotage_, &layout_, &why_);
  }

  bool LearnLateInterrupts() {
    return Exactly1(kLateInterrupts, layout_.late_interrupts.Learn(isolate_, sabotage_) ? 1 : 0);
  }

  struct ThreadManager {
    std::array<uintptr_t, 16> words{};
    ThreadRecord* threads_in_use = nullptr;
  };

  // The objects on the C++ heap that the isolate may point to: not V8's code and constants.
  std::set<uintptr_t> ObjectsOf(const std::vector<uintptr_t>& isolate) {
    std::set<uintptr_t> objects;
    for (uintptr_t word : isolate) {
      bool in_image = word >= v8_.image_start && word < v8_.image_end;
      if (LooksLikePointer(word) && !in_image) objects.insert(word);
    }
    return objects;
  }

  // V8's id of this thread, and the start of its stack. Changes words of V8's thread-local storage:
  // the right ones change what V8 answers.
  bool FindThreadWords() {
    layout_.root_stack_start = reinterpret_cast<uintptr_t>(v8::base::Stack::GetStackStart());

    size_t ids = 0;
    size_t starts = 0;
    {
      SignalsBlocked blocked;
      for (size_t i = 0; i + sizeof(int32_t) <= v8_.thread_locals_size; i += sizeof(int32_t)) {
        auto* word = reinterpret_cast<volatile int32_t*>(v8_.thread_locals + i);
        int32_t value = *word;
        if (value <= 0 || value >= SecondThread::kFirstId) continue;
        *word = SecondThread::kFirstId;
        bool still_owner = v8::Locker::IsLocked(isolate_);
        *word = value;
        if (still_owner) continue;
        ids++;
        layout_.thread_id = const_cast<int32_t*>(word);
      }
      for (size_t i = 0; i + sizeof(uintptr_t) <= v8_.thread_locals_size; i += sizeof(uintptr_t)) {
        auto* word = reinterpret_cast<volatile uintptr_t*>(v8_.thread_locals + i);
        uintptr_t value = *word;
        if (value != layout_.root_stack_start) continue;
        *word = value - 64;
        auto answer = reinterpret_cast<uintptr_t>(v8::base::Stack::GetStackStart());
        *word = value;
        if (answer != value - 64) continue;
        starts++;
        layout_.stack_start = const_cast<uintptr_t*>(word);
      }
    }
    return Exactly1("thread id", ids) && Exactly1("stack start", starts);
  }

  // V8 has no function that returns the limit of the running stack. So two other limits are set,
  // one after the other. The words that change with both hold the limit, and held the old limit
  // before (or the mark of a pending interrupt, which is no address).
  bool FindStackLimit() {
    uintptr_t here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    uintptr_t others[] = {here - 96 * 1024, here - 112 * 1024};
    std::vector<uintptr_t> before = IsolateWords();
    isolate_->SetStackLimit(others[0]);
    std::vector<uintptr_t> first = IsolateWords();
    isolate_->SetStackLimit(others[1]);
    std::vector<uintptr_t> second = IsolateWords();
    std::set<uintptr_t> limits;
    for (size_t i = 0; i < before.size() && i < first.size() && i < second.size(); i++) {
      if (first[i] != others[0] || second[i] != others[1]) continue;
      if (LooksLikePointer(before[i] & ~uintptr_t{7})) limits.insert(before[i]);
    }
    bool found = limits.size() == 1;
    if (found) layout_.root_stack_limit = *limits.begin();
    isolate_->SetStackLimit(found ? layout_.root_stack_limit : others[0]);
    return Exactly1("stack limit", limits.size());
  }

  // True when `anchor` starts a circular list of thread records that belong to `manager`.
  bool IsThreadList(uintptr_t anchor, uintptr_t manager) {
    uintptr_t at = anchor;
    for (int i = 0; i < 100'000; i++) {
      ThreadRecord record;
      ThreadRecord next;
      if (!LooksLikePointer(at) || !ProbeRead(at, &record, sizeof(record))) return false;
      if (reinterpret_cast<uintptr_t>(record.manager) != manager) return false;
      auto next_at = reinterpret_cast<uintptr_t>(record.next);
      if (!LooksLikePointer(next_at) || !ProbeRead(next_at, &next, sizeof(next))) return false;
      if (reinterpret_cast<uintptr_t>(next.previous) != at) return false;
      at = next_at;
      if (at == anchor) return true;
    }
    return false;
  }

  // The isolate points to the thread manager. The manager holds the anchors of two lists of thread
  // records (free, in use), and after them a pointer back to the isolate.
  bool FindThreadManager(const char* step) {
    std::map<uintptr_t, ThreadManager> managers;
    for (uintptr_t candidate : ObjectsOf(IsolateWords())) {
      ThreadManager manager;
      auto& words = manager.words;
      if (!ProbeRead(candidate, words.data(), sizeof(words))) continue;
      for (size_t k = 2; k < words.size(); k++) {
        if (words[k] != base_ || !IsThreadList(words[k - 1], candidate) ||
            !IsThreadList(words[k - 2], candidate)) {
          continue;
        }
        manager.threads_in_use = reinterpret_cast<ThreadRecord*>(words[k - 1]);
        managers.emplace(candidate, manager);
      }
    }
    ThreadManager remains;
    if (sabotage_ == std::string(step) + ":remains" && !managers.empty()) {
      remains = managers.begin()->second;
      managers.emplace(reinterpret_cast<uintptr_t>(remains.words.data()), remains);
    }
    // IsolateWords reads some memory behind the isolate, too. An isolate that has ended (of a
    // worker) may have lain at this same address; then pointers to what is left of its manager may
    // be there.
    if (managers.size() > 1) KeepLiveOnes(&managers);
    if (!Exactly1(step, managers.size())) return false;
    const auto& [address, manager] = *managers.begin();
    layout_.thread_manager = reinterpret_cast<void*>(address);
    layout_.threads_in_use = manager.threads_in_use;
    return true;
  }

  // When this thread leaves the isolate, the live manager changes: it notes that down.
  void KeepLiveOnes(std::map<uintptr_t, ThreadManager>* managers) {
    v8::Unlocker unlocker(isolate_);
    for (auto it = managers->begin(); it != managers->end();) {
      const auto& [address, before] = *it;
      std::array<uintptr_t, 16> words;
      bool live = ProbeRead(address, words.data(), sizeof(words)) && words != before.words;
      it = live ? std::next(it) : managers->erase(it);
    }
  }

  // The handle scope data holds the address behind the newest handle. The implementer owns the
  // block in which this handle lies.
  bool FindHandleScopes() {
    v8::HandleScope scope(isolate_);
    auto slot_after = [this](double number) {
      v8::Local<v8::Value> handle = v8::Number::New(isolate_, number);
      uintptr_t slot;
      memcpy(&slot, &handle, sizeof(slot));  // a Local is the address of its slot
      return slot + sizeof(uintptr_t);
    };
    uintptr_t first = slot_after(1.5);
    std::vector<uintptr_t> before = IsolateWords();
    uintptr_t second = slot_after(2.5);
    std::vector<uintptr_t> after = IsolateWords();

    size_t hits = 0;
    for (size_t i = 0; i < before.size() && i < after.size(); i++) {
      if (before[i] != first || after[i] != second) continue;
      hits++;
      layout_.handle_scope_data = reinterpret_cast<char*>(base_ + i * sizeof(uintptr_t));
    }
    if (!Exactly1("handle scope data", hits)) return false;

    constexpr size_t kHandleBlockBytes = 8192;
    std::set<uintptr_t> implementers;
    for (uintptr_t candidate : ObjectsOf(after)) {
      uintptr_t words[6];
      if (!ProbeRead(candidate, words, sizeof(words)) || words[0] != base_) continue;
      for (size_t k = 1; k < 4; k++) {  // a vector: data, capacity, size
        uintptr_t data = words[k], capacity = words[k + 1], size = words[k + 2], block;
        if (size == 0 || size > 1'000'000 || capacity < size || !LooksLikePointer(data)) continue;
        if (!ProbeRead(data + (size - 1) * sizeof(uintptr_t), &block, sizeof(block))) continue;
        uintptr_t handle = second - sizeof(uintptr_t);
        if (handle >= block && handle < block + kHandleBlockBytes) implementers.insert(candidate);
      }
    }
    // There may be several: the memory behind the isolate may hold what is left of an implementer.
    // LearnArchive finds out which of them is alive.
    implementers_.assign(implementers.begin(), implementers.end());
    return sabotage_ == "handle scope implementer" || implementers_.empty()
               ? Exactly1("handle scope implementer", 0)
               : true;
  }

  // Has V8 archive this thread, and calls `look` as the second one. Finds the place of the stack
  // guard's notes in an archive, and gives the notes of the second thread to this one.
  bool RunSecondThread(const std::function<void()>& look) {
    static std::atomic<size_t> known{SIZE_MAX};  // it is the same in all isolates
    LateInterrupts& late = layout_.late_interrupts;
    const ThreadRecord* archived = second_.Run(layout_, sabotage_, look);
    late.archive_offset = known;
    size_t hits = archived == nullptr ? 0 : known == SIZE_MAX ? SearchGuard(*archived) : 1;
    // Another thread may change the notes after we have read the guard, and before V8 copies it.
    // They stay with the second thread until their place is known.
    for (int attempt = 0; attempt < 50 && archived != nullptr && hits != 1; attempt++) {
      archived = second_.Run(layout_, sabotage_, [] {});
      hits = archived == nullptr ? 0 : SearchGuard(*archived);
    }
    if (!Exactly1(kLateInterrupts, hits)) return false;
    known = late.archive_offset;
    for (const ThreadRecord* one : second_.archived()) late.Give(isolate_, late.TakeFrom(*one));
    return true;
  }

  // Searches the archive of the second thread for the bytes of its guard, up to and with the notes.
  size_t SearchGuard(const ThreadRecord& archived) {
    const StackGuard& guard = second_.guard();
    // V8 archives the guard from the limits on. Some versions have a pointer to the isolate before.
    size_t begin = memcmp(guard.data(), &base_, sizeof(base_)) == 0 ? 2 : 0;
    size_t bytes = (layout_.late_interrupts.word + 1 - begin) * sizeof(int32_t);
    auto archive = reinterpret_cast<uintptr_t>(archived.data);
    StackGuard words;
    size_t hits = 0;
    for (size_t at = 0; at + bytes <= Layout::kArchiveSize; at += sizeof(uintptr_t)) {
      if (!ProbeRead(archive + at, words.data(), bytes)) break;
      if (memcmp(words.data(), &guard[begin], bytes) != 0) continue;
      hits++;
      layout_.late_interrupts.archive_offset = at + bytes - sizeof(int32_t);
    }
    return hits;
  }

  // Lets V8 archive this thread, and looks at what it wrote. Meanwhile the live state is that of a
  // thread that has run nothing; a copy of it is kept for new stacks.
  bool LearnArchive() {
    const int32_t first_id = *layout_.thread_id;
    std::vector<uintptr_t> before = IsolateWords();
    char top_before[kThreadLocalTopSize];
    memcpy(top_before, layout_.thread_local_top, kThreadLocalTopSize);
    char data_before[2 * sizeof(uintptr_t)];  // next and limit
    memcpy(data_before, layout_.handle_scope_data, sizeof(data_before));

    std::vector<Bytes> implementers_before = Implementers();

    size_t records = 0, tops = 0, datas = 0, alive = 0, archive_bytes = 0;
    const char* archive_of_first = nullptr;
    uintptr_t head = 0;
    std::vector<size_t> head_candidates;
    bool left = RunSecondThread([&] {
      ThreadRecord* anchor = layout_.threads_in_use;
      for (ThreadRecord* record = anchor->next; record != anchor; record = record->next) {
        if (record->id != first_id) continue;
        records++;
        const char* archive = archive_of_first = record->data;
        archive_bytes = malloc_usable_size(record->data);
        constexpr size_t kSearch = kImplementerLimit;
        for (size_t at = 0; at < kSearch; at += sizeof(uintptr_t)) {
          if (memcmp(archive + at, top_before, kThreadLocalTopSize) != 0) continue;
          tops++;
          layout_.implementer_size = at;
        }
        for (size_t at = 0; at + sizeof(data_before) <= layout_.implementer_size;
             at += sizeof(uintptr_t)) {
          if (memcmp(archive + at, data_before, sizeof(data_before)) != 0) continue;
          datas++;
          layout_.data_offset = at;
        }
        if (tops == 1) memcpy(&head, archive + layout_.relocatable_offset(), sizeof(head));
        if (head != 0) {
          const auto* now = reinterpret_cast<const uintptr_t*>(isolate_);
          for (size_t i = 0; i < before.size(); i++) {
            if (before[i] == head && now[i] == 0 && !IsThreadLocalTop(i))
              head_candidates.push_back(i);
          }
        }
      }
      // The implementer that is alive: V8 has just archived its bytes, and has changed them since.
      std::vector<Bytes> implementers_now = Implementers();
      for (size_t i = 0; i < implementers_.size() && tops == 1 && datas == 1; i++) {
        const Bytes& was = implementers_before[i];
        if (memcmp(was.data(), archive_of_first, layout_.data_offset) != 0 ||
            memcmp(was.data(), implementers_now[i].data(), layout_.data_offset) == 0) {
          continue;
        }
        alive++;
        layout_.implementer = reinterpret_cast<char*>(implementers_[i]);
      }
      if (alive == 1) KeepAsFresh(first_id);
    });
    if (!left || !Exactly1("archive record", records) || !Exactly1("thread-local top", tops) ||
        !Exactly1("archived handle scope data", datas) ||
        !Exactly1("handle scope implementer", alive) ||
        !Exactly1("archive size", archive_bytes <= Layout::kArchiveSize ? 1 : 0)) {
      return false;
    }
    // Only V8 11.3 has a relocatable on the stack now, and needs the head of their list. If the
    // word behind the thread-local top is null here, it is null at every switch.
    if (head == 0) return sabotage_.rfind("relocatable", 0) != 0 || Exactly1("relocatable", 1);
    size_t heads = 0;
    for (size_t i : head_candidates) {
      auto* word = reinterpret_cast<uintptr_t*>(isolate_) + i;
      if (*word != head) continue;
      heads++;
      layout_.relocatable_head = word;
    }
    return Exactly1("relocatable", heads);
  }

  using Bytes = std::array<char, kImplementerLimit>;

  // The bytes of each candidate; zeros where they cannot be read.
  std::vector<Bytes> Implementers() {
    std::vector<Bytes> contents(implementers_.size(), Bytes{});
    for (size_t i = 0; i < implementers_.size(); i++) {
      if (!ProbeRead(implementers_[i], contents[i].data(), kImplementerLimit)) {
        contents[i].fill(0);
      }
    }
    return contents;
  }

  void KeepAsFresh(int32_t first_id) {
    std::vector<char>& fresh = layout_.fresh;
    fresh.assign(Layout::kArchiveSize, 0);
    memcpy(fresh.data(), layout_.implementer, layout_.data_offset);
    memcpy(fresh.data() + layout_.data_offset, layout_.handle_scope_data, layout_.data_size());
    char* top = fresh.data() + layout_.implementer_size;
    memcpy(top, layout_.thread_local_top, kThreadLocalTopSize);
    // Greenlets run on the first thread, so their state has its id.
    for (size_t at = 0; at + sizeof(int32_t) <= kThreadLocalTopSize; at += sizeof(int32_t)) {
      int32_t value;
      memcpy(&value, top + at, sizeof(value));
      if (value == second_.id()) memcpy(top + at, &first_id, sizeof(first_id));
    }
  }

  V8Module v8_;
  SecondThread& second_;
  std::vector<uintptr_t> implementers_;  // candidates
};

}  // namespace

bool DiscoverLayout(v8::Isolate* isolate, const std::string& sabotage, SecondThread* second,
                    Layout* layout, std::string* why) {
  return LayoutDiscovery(isolate, sabotage, second, layout, why).Run();
}

bool DiscoverThreadWords(v8::Isolate* isolate, const std::string& sabotage, SecondThread* second,
                         Layout* layout, std::string* why) {
  return LayoutDiscovery(isolate, sabotage, second, layout, why).RunForV8sArchives();
}

}  // namespace greenlit
