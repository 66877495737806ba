#include "drivers/thread_driver.h"

#include <cstdlib>
#include <string>

#include "machine/leave_frames.h"
#include "v8/running_stack_limit.h"

namespace greenlit {

namespace {

// A thread's stack needs more than the part for JavaScript: room for native code below V8's limit
// (as in StackMemory), and for the frames above our first one.
constexpr size_t kNativeHeadroom = 192 * 1024;
constexpr size_t kAboveMain = 32 * 1024;

size_t ThreadStackSize(size_t stack_size) { return stack_size + kNativeHeadroom + kAboveMain; }

// If threads took all the memory, V8 would get no more and end the process. So this much is left to
// V8, and to the C library's arenas.
constexpr size_t kReserve = 64 * 1024 * 1024;

bool HasRoomFor(size_t bytes) {
  void* volatile room = std::malloc(bytes + kReserve);
  std::free(room);
  return room != nullptr;
}

}  // namespace

ThreadDriver::ThreadDriver(v8::Isolate* isolate, const UnarchivedWords& unarchived,
                           LateInterrupts late_interrupts, size_t stack_size, StackMain main,
                           void* data)
    : isolate_(isolate),
      unarchived_(unarchived),
      late_interrupts_(late_interrupts),
      stack_size_(stack_size),
      main_(main),
      main_data_(data) {
  stacks_.push_back(std::make_unique<Stack>(this, kRoot));
  running_ = stacks_[kRoot].get();
  running_->limit = RunningStackLimit(isolate_);
  uv_sem_init(&running_->turn, 0);
}

// Every thread gets one more turn, in which it ends. An idle one returns. A suspended one leaves
// its frames as they are and makes V8 forget it: V8 does that only for the thread that asks.
ThreadDriver::~ThreadDriver() {
  Stack* root = stacks_[kRoot].get();
  // V8 makes handles while it takes a thread back.
  v8::HandleScope handles(isolate_);
  {
    v8::Unlocker unlocker(isolate_);
    for (const auto& stack : stacks_) {
      if (stack->id == kRoot) continue;
      stack->closing = true;
      uv_sem_post(&stack->turn);
      uv_thread_join(&stack->thread);
      uv_sem_destroy(&stack->turn);
    }
    forgotten_ |= late_interrupts_.Noted(isolate_);
  }
  late_interrupts_.Give(isolate_, forgotten_);
  uv_sem_destroy(&root->turn);
}

int ThreadDriver::Create(std::string* why) {
  auto stack = std::make_unique<Stack>(this, static_cast<int>(stacks_.size()));
  uv_thread_options_t options = {};
  options.flags = UV_THREAD_HAS_STACK_SIZE;
  options.stack_size = ThreadStackSize(stack_size_);
  int error = HasRoomFor(options.stack_size) ? uv_sem_init(&stack->turn, 0) : UV_ENOMEM;
  if (error == 0) {
    error = uv_thread_create_ex(&stack->thread, &options, ThreadMain, stack.get());
    if (error != 0) uv_sem_destroy(&stack->turn);
  }
  if (error != 0) {
    *why = "cannot start thread " + std::to_string(stacks_.size()) + ", which needs " +
           std::to_string(options.stack_size >> 10) + " KB of address space: " + uv_strerror(error);
    return -1;
  }
  stacks_.push_back(std::move(stack));
  return stacks_.back()->id;
}

void ThreadDriver::Transfer(int id) {
  Stack* from = running_;
  while (v8::Isolate::TryGetCurrent() == isolate_) {
    isolate_->Exit();
    from->entries++;
  }
  from->archived.Save();
  GiveTurn(id);
  uv_sem_wait(&from->turn);
  if (from->closing) {
    // The stack guard still holds the notes of the thread that ended before this one. (For the
    // first thread it holds those of the root, which V8 gives back to the root as well.)
    forgotten_ |= late_interrupts_.Noted(isolate_);
    // Discard first, then leave the frames: V8 may look at them while it takes the thread back.
    from->archived.Discard();
    LeaveFrames(from->bottom);
  }
  int32_t late = late_interrupts_.Collect(isolate_);
  from->archived.Restore();
  Arrive(from, late);
}

void ThreadDriver::Arrive(Stack* stack, int32_t late) {
  late_interrupts_.Deliver(isolate_, late);
  for (; stack->entries > 0; stack->entries--) isolate_->Enter();
  // V8 keeps the limit once for all stacks. Newer V8 also computes the stack's size from it and
  // from the stack's start, which it has just looked up.
  if (stack->limit != 0) isolate_->SetStackLimit(stack->limit);
}

void ThreadDriver::GiveTurn(int id) {
  running_ = stacks_[id].get();
  uv_sem_post(&running_->turn);
}

void ThreadDriver::ThreadMain(void* data) {
  auto* self = static_cast<Stack*>(data);
  self->limit = reinterpret_cast<uintptr_t>(&data) - self->driver->stack_size_;
  // When the thread is to end, Transfer comes back here by LeaveFrames.
  if (!GREENLIT_MARK_FRAME(self->bottom)) self->driver->Run(self);
  self->driver->isolate_->DiscardThreadSpecificMetadata();
}

void ThreadDriver::Run(Stack* self) {
  uv_sem_wait(&self->turn);
  if (self->closing) return;
  int32_t late = late_interrupts_.Collect(isolate_);
  self->archived.Start();
  self->entries = 1;
  Arrive(self, late);
  for (;;) {
    int next = main_(main_data_, self->id);
    if (next != self->id) Transfer(next);
  }
}

void ThreadDriver::Release(int) {}

DriverStats ThreadDriver::Stats() const {
  DriverStats stats;
  stats.stacks = stacks_.size();
  stats.reserved_bytes = (stacks_.size() - 1) * ThreadStackSize(stack_size_);
  stats.guard = "system";
  return stats;
}

}  // namespace greenlit
