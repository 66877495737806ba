#include "thread_driver.h"

#include <cstdlib>
#include <string>

#include "leave_frames.h"
#include "running_stack_limit.h"

namespace greenlit {

namespace {

// Of a thread's stack, beside what JavaScript may use: for native code that it calls below V8's
// limit (as StackMemory has it), and for the frames above the first of ours.
constexpr size_t kNativeHeadroom = 192 * 1024;
constexpr size_t kAboveMain = 32 * 1024;

size_t ThreadStackSize(size_t stack_size) { return stack_size + kNativeHeadroom + kAboveMain; }

// A thread that takes the last of the memory is the end of the process, for V8 does not go on when
// it is refused some. So a part is left to it, and to the C library's arenas.
constexpr size_t kLeftOver = 64 * 1024 * 1024;

bool HasRoomFor(size_t bytes) {
  void* volatile room = std::malloc(bytes + kLeftOver);
  std::free(room);
  return room != nullptr;
}

}  // namespace

ThreadDriver::ThreadDriver(v8::Isolate* isolate, uintptr_t* shutdown_list,
                           LateInterrupts late_interrupts, size_t stack_size, StackMain main,
                           void* data)
    : isolate_(isolate),
      shutdown_list_(shutdown_list),
      late_interrupts_(late_interrupts),
      stack_size_(stack_size),
      main_(main),
      main_data_(data) {
  stacks_.push_back(std::make_unique<Stack>(this, kRoot));
  running_ = stacks_[kRoot].get();
  running_->limit = RunningStackLimit(isolate_);
  uv_sem_init(&running_->turn, 0);
}

// Every thread gets one more turn, in which it ends: an idle one returns; a suspended one leaves
// its frames as they are and has V8 forget it, which only the thread itself can ask for.
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
    if (forgotten_.has_value()) *forgotten_ |= late_interrupts_.Noted(isolate_);
  }
  late_interrupts_.Renew(isolate_, forgotten_.value_or(0));
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
    // What was noted with the one before, which has had V8 forget it. (With the first of them it is
    // still the root that V8 has notes of; and these it keeps.)
    forgotten_ = forgotten_.has_value() ? *forgotten_ | late_interrupts_.Noted(isolate_) : 0;
    // Before its frames are left: V8 may look at them while it takes the thread back.
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
  // Newer V8 computes the stack's size, which it has but once, from this and from the stack's
  // start, which it has just looked up.
  if (stack->limit != 0) isolate_->SetStackLimit(stack->limit);
}

void ThreadDriver::GiveTurn(int id) {
  running_ = stacks_[id].get();
  uv_sem_post(&running_->turn);
}

void ThreadDriver::ThreadMain(void* data) {
  auto* self = static_cast<Stack*>(data);
  self->limit = reinterpret_cast<uintptr_t>(&data) - self->driver->stack_size_;
  // Transfer comes back here, from frames that are left.
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
