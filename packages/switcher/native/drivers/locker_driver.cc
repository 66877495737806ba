#include "drivers/locker_driver.h"

#include "machine/switch_registers.h"
#include "v8/running_stack_limit.h"

namespace greenlit {

namespace {

// V8 counts its own ids up from 1, for all threads of the process.
constexpr int32_t kFirstThreadId = 1 << 21;

}  // namespace

LockerDriver::LockerDriver(const Layout& layout, size_t stack_size, StackMain main, void* data)
    : isolate_(layout.isolate),
      thread_id_(layout.thread_id),
      stack_start_(layout.stack_start),
      unarchived_(layout.unarchived),
      exceptions_(ExceptionState::Live()),
      late_interrupts_(layout.late_interrupts),
      main_(main),
      main_data_(data),
      memory_(stack_size) {
  StackBounds root;
  root.top = layout.root_stack_start;
  root.limit = RunningStackLimit(isolate_);
  stacks_.push_back(std::make_unique<Stack>(this, kRoot, *thread_id_, root));
  running_ = stacks_[kRoot].get();
}

LockerDriver::~LockerDriver() {
  for (const auto& stack : stacks_) {
    if (stack->id != kRoot) Forget(stack.get());
  }
}

int LockerDriver::Create(std::string* why) {
  StackBounds bounds;
  if (!memory_.Carve(&bounds, why)) return -1;
  int id = static_cast<int>(stacks_.size());
  stacks_.push_back(std::make_unique<Stack>(this, id, kFirstThreadId + id, bounds));
  Stack* stack = stacks_.back().get();
  stack->sp = PrepareStack(bounds.top, StackEntry, stack);
  return id;
}

void LockerDriver::Transfer(int id) {
  Stack* from = running_;
  from->archived.Save();
  Leave(from, id);
  from->archived.Restore();
  Arrive(*from);
}

// Exchanges the stacks. No stack holds the isolate here; the one that arrives takes it.
void LockerDriver::Leave(Stack* from, int id) {
  Stack* to = stacks_[id].get();
  running_ = to;
  from->exceptions.Save(exceptions_);
  to->exceptions.Restore(exceptions_);
  *thread_id_ = to->thread_id;
  *stack_start_ = to->bounds.top;
  greenlit_switch_registers(&from->sp, to->sp);
  // Another stack has left to `from`, and has set V8's word to our id again.
}

// What V8 keeps once for all stacks must be set again. Newer V8 computes the stack's size from its
// start and its limit. So the start is set first. Entering the isolate makes V8 read it.
void LockerDriver::Arrive(const Stack& stack) {
  late_interrupts_.Deliver(isolate_, 0);
  if (stack.bounds.limit != 0) isolate_->SetStackLimit(stack.bounds.limit);
  isolate_->Enter();
  isolate_->Exit();
}

void LockerDriver::StackEntry(void* data) {
  auto* self = static_cast<Stack*>(data);
  LockerDriver* driver = self->driver;
  self->archived.Start();
  driver->Arrive(*self);
  for (;;) {
    int next = driver->main_(driver->main_data_, self->id);
    driver->memory_.TrimIfDeep(self->bounds,
                               reinterpret_cast<uintptr_t>(__builtin_frame_address(0)));
    if (next != self->id) driver->Transfer(next);
  }
}

// Makes V8 forget a stack. Afterwards the stack is as good as new.
void LockerDriver::Forget(Stack* stack) {
  // V8 makes handles while it takes a thread back.
  v8::HandleScope handles(isolate_);
  int32_t late;
  {
    v8::Unlocker unlocker(isolate_);
    *thread_id_ = stack->thread_id;
    if (stack->archived.archived()) stack->archived.Discard();
    isolate_->DiscardThreadSpecificMetadata();
    *thread_id_ = running_->thread_id;
    // Discard gave that stack the isolate once more; other threads may have asked for interrupts.
    late = late_interrupts_.Noted(isolate_);
  }
  late_interrupts_.Give(isolate_, late);
  stack->exceptions = ExceptionState();
  stack->sp = PrepareStack(stack->bounds.top, StackEntry, stack);
}

void LockerDriver::Release(int id) {
  Stack* stack = stacks_[id].get();
  Forget(stack);
  memory_.Trim(stack->bounds, reinterpret_cast<uintptr_t>(stack->sp));
}

DriverStats LockerDriver::Stats() const {
  DriverStats stats;
  stats.stacks = stacks_.size();
  stats.reserved_bytes = memory_.bytes_reserved();
  stats.trims = memory_.trims();
  stats.guard = StackMemory::GuardName(memory_.guard());
  return stats;
}

}  // namespace greenlit
