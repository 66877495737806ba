#include "layout.h"

#include <link.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include "memory_probe.h"

namespace greenlit {

using compat::kThreadLocalTopOffset;
using compat::kThreadLocalTopSize;

namespace {

static_assert(offsetof(ThreadRecord, data) == 8 && offsetof(ThreadRecord, next) == 16 &&
                  offsetof(ThreadRecord, previous) == 24 && offsetof(ThreadRecord, manager) == 32,
              "ThreadRecord mirrors V8's ThreadState");

// How much of an isolate is looked at; isolates are larger on no supported version.
constexpr size_t kIsolateWords = 16 * 1024;

// An implementer is smaller than this on every supported version (104 to 152 bytes).
constexpr size_t kImplementerLimit = 256;

// An id that V8 will not give to a thread of its own.
constexpr int32_t kSecondThreadId = 1 << 20;

// While words of V8's thread-local storage are briefly changed, no signal handler may look at them.
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

// The module (executable or library) that holds V8.
struct V8Module {
  uintptr_t function;                   // one of V8's, by which it is recognised
  uintptr_t image_start = UINTPTR_MAX;  // code and constants
  uintptr_t image_end = 0;
  char* thread_locals = nullptr;  // this thread's block
  size_t thread_locals_size = 0;
};

// dl_iterate_phdr callback.
int FindV8Module(struct dl_phdr_info* module, size_t, void* data) {
  V8Module found;
  auto* v8_module = static_cast<V8Module*>(data);
  bool holds_v8 = false;
  for (int i = 0; i < module->dlpi_phnum; i++) {
    const auto& header = module->dlpi_phdr[i];
    if (header.p_type == PT_LOAD) {
      uintptr_t start = module->dlpi_addr + header.p_vaddr;
      if (v8_module->function - start < header.p_memsz) holds_v8 = true;
      found.image_start = std::min(found.image_start, start);
      found.image_end = std::max(found.image_end, start + header.p_memsz);
    } else if (header.p_type == PT_TLS && module->dlpi_tls_data != nullptr) {
      found.thread_locals = static_cast<char*>(module->dlpi_tls_data);
      found.thread_locals_size = header.p_memsz;
    }
  }
  if (!holds_v8) return 0;
  *v8_module = found;
  return 1;
}

class Discovery {
 public:
  Discovery(v8::Isolate* isolate, const std::string& sabotage, Layout* layout, std::string* why)
      : isolate_(isolate),
        base_(reinterpret_cast<uintptr_t>(isolate)),
        sabotage_(sabotage),
        layout_(*layout),
        why_(*why) {}

  bool Run() {
    layout_.thread_local_top = reinterpret_cast<char*>(base_ + kThreadLocalTopOffset);
    return RunThreadWords() && FindStackLimit() && FindThreadManager("thread manager") &&
           FindHandleScopes() && LearnArchive();
  }

  bool RunThreadWords() {
    layout_.isolate = isolate_;
    v8_.function = reinterpret_cast<uintptr_t>(&v8::base::Stack::GetStackStart);
    dl_iterate_phdr(FindV8Module, &v8_);
    return FindThreadWords() && FindShutdownList();
  }

  bool RunForV8sArchives() {
    return RunThreadWords() && FindThreadManager(kLateInterrupts) && FindLateInterrupts();
  }

 private:
  static constexpr const char* kLateInterrupts = "late interrupts";

  struct ThreadManager {
    std::array<uintptr_t, 16> words{};
    ThreadRecord* threads_in_use = nullptr;
  };

  // The rule of every step: one hit, or we do not run.
  bool Exactly1(const char* step, size_t hits) {
    if (sabotage_ == step) hits = 0;
    if (sabotage_ == std::string(step) + ":twice") hits = 2;
    if (hits == 1) return true;
    why_ =
        std::string(step) + ": " + (hits == 0 ? "not found" : std::to_string(hits) + " candidates");
    return false;
  }

  std::vector<uintptr_t> IsolateWords() { return ProbeWords(base_, kIsolateWords); }

  // The heap objects the isolate may point to: not V8's own code and constants.
  std::set<uintptr_t> ObjectsOf(const std::vector<uintptr_t>& isolate) {
    std::set<uintptr_t> objects;
    for (uintptr_t word : isolate) {
      bool in_image = word >= v8_.image_start && word < v8_.image_end;
      if (LooksLikePointer(word) && !in_image) objects.insert(word);
    }
    return objects;
  }

  // V8's id of this thread, and the start of its stack: the words of V8's thread-local storage that
  // change what V8 answers.
  bool FindThreadWords() {
    layout_.root_stack_start = reinterpret_cast<uintptr_t>(v8::base::Stack::GetStackStart());

    size_t ids = 0;
    size_t starts = 0;
    {
      SignalsBlocked blocked;
      for (size_t i = 0; i + sizeof(int32_t) <= v8_.thread_locals_size; i += sizeof(int32_t)) {
        auto* word = reinterpret_cast<volatile int32_t*>(v8_.thread_locals + i);
        int32_t value = *word;
        if (value <= 0 || value >= kSecondThreadId) continue;
        *word = kSecondThreadId;
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

  // V8 tells nobody the limit of the running stack. Set two others, one after the other: the words
  // that follow both hold the limit, and held the old one before (or the mark of a pending
  // interrupt, which is no address).
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

  // The object the isolate points to that points back, behind the anchors of two lists (free, in
  // use).
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
    // The memory behind the isolate is looked at, too. It may point to what is left of the manager
    // of an isolate that has ended (a worker's), and lay at the same address.
    if (managers.size() > 1) LeaveLiveOnes(&managers);
    if (!Exactly1(step, managers.size())) return false;
    const auto& [address, manager] = *managers.begin();
    layout_.thread_manager = reinterpret_cast<void*>(address);
    layout_.threads_in_use = manager.threads_in_use;
    return true;
  }

  // The live one notes down that this thread leaves the isolate.
  void LeaveLiveOnes(std::map<uintptr_t, ThreadManager>* managers) {
    v8::Unlocker unlocker(isolate_);
    for (auto it = managers->begin(); it != managers->end();) {
      const auto& [address, before] = *it;
      std::array<uintptr_t, 16> words;
      bool live = ProbeRead(address, words.data(), sizeof(words)) && words != before.words;
      it = live ? std::next(it) : managers->erase(it);
    }
  }

  // The handle scope data holds the address after the newest handle; the implementer owns the block
  // that this handle lies in.
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
    // More than one may look so: the memory behind the isolate is looked at too, and may hold what
    // was once the implementer. LearnArchive tells which of them is alive.
    implementers_.assign(implementers.begin(), implementers.end());
    return sabotage_ == "handle scope implementer" || implementers_.empty()
               ? Exactly1("handle scope implementer", 0)
               : true;
  }

  // While JSON.stringify runs, the list has one entry, and this lies on the running stack.
  bool FindShutdownList() {
    struct During {
      Discovery* self;
      std::vector<uintptr_t> words;
    } during{this, {}};
    auto look = [](const v8::FunctionCallbackInfo<v8::Value>& info) {
      auto* call = static_cast<During*>(compat::ExternalPointer(info.Data()));
      call->words = call->self->IsolateWords();
    };
    v8::HandleScope scope(isolate_);
    v8::Local<v8::Context> context = isolate_->GetCurrentContext();
    v8::Local<v8::Object> object = v8::Object::New(isolate_);
    v8::Local<v8::Function> to_json =
        v8::Function::New(context, look, compat::NewExternal(isolate_, &during)).ToLocalChecked();
    object->Set(context, v8::String::NewFromUtf8Literal(isolate_, "toJSON"), to_json).Check();
    std::vector<uintptr_t> before = IsolateWords();
    auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    if (v8::JSON::Stringify(context, object).IsEmpty()) {
      why_ = "shutdown list: terminated meanwhile";
      return false;
    }

    size_t hits = 0;
    for (size_t i = 0; i + 2 < before.size() && i + 2 < during.words.size(); i++) {
      uintptr_t begin = during.words[i], end = during.words[i + 1], entry;
      if (before[i] != before[i + 1] || end != begin + sizeof(uintptr_t)) continue;
      if (during.words[i + 2] < end || !LooksLikePointer(begin)) continue;
      if (!ProbeRead(begin, &entry, sizeof(entry))) continue;
      if (entry >= here || entry < here - 64 * 1024) continue;
      hits++;
      layout_.shutdown_list = reinterpret_cast<uintptr_t*>(base_) + i;
    }
    // Most versions have none.
    if (hits == 0 && sabotage_.rfind("shutdown list", 0) != 0) return true;
    return Exactly1("shutdown list", hits);
  }

  // Has V8 archive this thread, by giving the isolate to a second thread that is really this one,
  // and calls `look` as that one. What other threads ask meanwhile is noted with the second thread,
  // which V8 then forgets: so it is noted once more. (V8 itself loses what comes in the moment
  // between two of its own copies.)
  template <typename Look>
  void AsSecondThread(Look look) {
    const int32_t first_id = *layout_.thread_id;
    std::optional<LateNotes> notes;
    {
      v8::Unlocker unlocker(isolate_);
      *layout_.thread_id = kSecondThreadId;
      {
        v8::Locker locker(isolate_);
        notes.emplace(isolate_);
        look(first_id);
        isolate_->DiscardThreadSpecificMetadata();
      }
      *layout_.thread_id = first_id;
      notes->Read();
    }
    notes->Deliver();
  }

  // Where an archive has what the stack guard has: V8 archives this thread, and the newest archive
  // is searched for the guard up to its notes.
  bool FindLateInterrupts() {
    LateInterrupts found;
    if (!Exactly1(kLateInterrupts, found.Learn(isolate_) ? 1 : 0)) return false;
    // Another thread may change the notes between the look at the guard and V8's.
    size_t hits = 0;
    for (int attempt = 0; attempt < 50 && hits != 1; attempt++) hits = SearchGuard(&found);
    if (!Exactly1(kLateInterrupts, hits)) return false;
    found.threads_in_use = layout_.threads_in_use;
    layout_.late_interrupts = found;
    return true;
  }

  size_t SearchGuard(LateInterrupts* found) {
    std::array<int32_t, compat::kStackGuardSize / sizeof(int32_t)> guard;
    memcpy(guard.data(), reinterpret_cast<char*>(base_) + compat::kStackGuardOffset, sizeof(guard));
    // What is archived begins with the limits, after a pointer to the isolate if there is one.
    size_t begin = memcmp(guard.data(), &base_, sizeof(base_)) == 0 ? 2 : 0;
    size_t bytes = (found->word + 1 - begin) * sizeof(int32_t);
    size_t hits = 0;
    AsSecondThread([&](int32_t first_id) {
      const ThreadRecord* newest = layout_.threads_in_use->next;
      auto archive = reinterpret_cast<uintptr_t>(newest->data);
      std::array<int32_t, compat::kStackGuardSize / sizeof(int32_t)> words;
      for (size_t at = 0; newest->id == first_id && at + bytes <= Layout::kArchiveSize;
           at += sizeof(uintptr_t)) {
        if (!ProbeRead(archive + at, words.data(), bytes)) break;
        if (memcmp(words.data(), &guard[begin], bytes) != 0) continue;
        hits++;
        found->archive_offset = at + bytes - sizeof(int32_t);
      }
    });
    return hits;
  }

  // Lets V8 archive this thread, and looks at what it wrote. What is live meanwhile is the state of
  // a thread that has run nothing.
  bool LearnArchive() {
    std::vector<uintptr_t> before = IsolateWords();
    char top_before[kThreadLocalTopSize];
    memcpy(top_before, layout_.thread_local_top, kThreadLocalTopSize);
    char data_before[2 * sizeof(uintptr_t)];  // next and limit
    memcpy(data_before, layout_.handle_scope_data, sizeof(data_before));

    std::vector<Bytes> implementers_before = Implementers();

    size_t records = 0, tops = 0, datas = 0, alive = 0;
    const char* archive_of_first = nullptr;
    uintptr_t head = 0;
    std::vector<size_t> head_candidates;
    AsSecondThread([&](int32_t first_id) {
      ThreadRecord* anchor = layout_.threads_in_use;
      for (ThreadRecord* record = anchor->next; record != anchor; record = record->next) {
        if (record->id != first_id) continue;
        records++;
        const char* archive = archive_of_first = record->data;
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
            if (before[i] == head && now[i] == 0) head_candidates.push_back(i);
          }
        }
      }
      // The implementer: what V8 has just archived, and has now made that of another thread.
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
    if (!Exactly1("archive record", records) || !Exactly1("thread-local top", tops) ||
        !Exactly1("archived handle scope data", datas) ||
        !Exactly1("handle scope implementer", alive)) {
      return false;
    }
    // Only a V8 that has a relocatable on the stack now (11.3) needs its list head; where the word
    // after the top is null, so is it at every switch.
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

  // What lies at each of the addresses that may be the implementer, as far as it can be read.
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
    // A greenlet runs on the first thread, so it bears its id.
    for (size_t at = 0; at + sizeof(int32_t) <= kThreadLocalTopSize; at += sizeof(int32_t)) {
      int32_t value;
      memcpy(&value, top + at, sizeof(value));
      if (value == kSecondThreadId) memcpy(top + at, &first_id, sizeof(first_id));
    }
  }

  v8::Isolate* isolate_;
  uintptr_t base_;
  V8Module v8_;
  std::vector<uintptr_t> implementers_;  // candidates
  const std::string& sabotage_;
  Layout& layout_;
  std::string& why_;
};

}  // namespace

bool DiscoverLayout(v8::Isolate* isolate, const std::string& sabotage, Layout* layout,
                    std::string* why) {
  return Discovery(isolate, sabotage, layout, why).Run();
}

bool DiscoverThreadWords(v8::Isolate* isolate, const std::string& sabotage, Layout* layout,
                         std::string* why) {
  return Discovery(isolate, sabotage, layout, why).RunForV8sArchives();
}

}  // namespace greenlit
