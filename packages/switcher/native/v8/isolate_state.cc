#include "v8/isolate_state.h"

#include <cstring>
#include <new>
#include <vector>

#include "machine/memory_probe.h"

namespace greenlit {

using compat::kThreadLocalTopSize;

IsolateState::IsolateState(const Layout& layout, ThreadList* list, const StackBounds& bounds,
                           int32_t id)
    : thread_{{0, 0, archive_, nullptr, nullptr, layout.thread_manager}},
      list_(list),
      stack_start_(bounds.top),
      stack_limit_(bounds.limit),
      unarchived_(layout.unarchived) {
  list_->Register(&thread_, id);
  memcpy(archive_, layout.fresh.data(), Layout::kArchiveSize);
}

IsolateState::~IsolateState() { list_->Leave(&thread_); }

// V8 frees the blocks of handles of a thread when its handle scopes close. The scopes of an
// abandoned stack never close, which would leak 8 KB for each stack that is parked when a worker
// ends. The vector of the blocks is recognised as in LayoutDiscovery: the newest handle lies in the
// last block. If no vector is like that, nothing is freed.
void IsolateState::Abandon(const Layout& layout) {
  if (!thread_.listed) return;
  list_->Leave(&thread_);
  constexpr uintptr_t kBlockBytes = 8192;
  uintptr_t next;
  memcpy(&next, archive_ + layout.data_offset, sizeof(next));
  for (size_t at = 1; at < 4; at++) {
    uintptr_t words[3];  // data, capacity, size
    memcpy(words, archive_ + at * sizeof(uintptr_t), sizeof(words));
    auto [data, capacity, size] = words;
    if (size == 0 || size > capacity || !LooksLikePointer(data)) continue;
    std::vector<uintptr_t> blocks(size);
    if (!ProbeRead(data, blocks.data(), size * sizeof(uintptr_t))) continue;
    if (next <= blocks.back() || next > blocks.back() + kBlockBytes) continue;
    for (uintptr_t block : blocks) ::operator delete[](reinterpret_cast<void*>(block));
    ::operator delete[](reinterpret_cast<void*>(data));
    return;
  }
}

void IsolateState::Save(const Layout& layout) {
  memcpy(archive_, layout.implementer, layout.data_offset);
  memcpy(archive_ + layout.data_offset, layout.handle_scope_data, layout.data_size());
  memcpy(archive_ + layout.implementer_size, layout.thread_local_top, kThreadLocalTopSize);
  if (layout.relocatable_head != nullptr) {
    memcpy(archive_ + layout.relocatable_offset(), layout.relocatable_head, sizeof(uintptr_t));
  }
  unarchived_.Save();
  list_->Enter(&thread_);
}

void IsolateState::Restore(const Layout& layout) {
  list_->Leave(&thread_);
  // The implementer has a copy of the handle scope data, too, but V8 uses it only in archives.
  memcpy(layout.implementer, archive_, layout.data_offset);
  memcpy(layout.handle_scope_data, archive_ + layout.data_offset, layout.data_size());
  memcpy(layout.thread_local_top, archive_ + layout.implementer_size, kThreadLocalTopSize);
  if (layout.relocatable_head != nullptr) {
    memcpy(layout.relocatable_head, archive_ + layout.relocatable_offset(), sizeof(uintptr_t));
  }
  unarchived_.Restore();
  // Newer V8 computes the stack's size from its start and its limit. So the start is set first.
  // Entering the isolate makes V8 read it.
  *layout.stack_start = stack_start_;
  layout.isolate->SetStackLimit(stack_limit_);
  layout.isolate->Enter();
  layout.isolate->Exit();
}

}  // namespace greenlit
