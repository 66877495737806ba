#include "drivers/direct_driver.h"

#include <utility>

#include "machine/switch_registers.h"

namespace greenlit {

DirectDriver::Stack::Stack(DirectDriver* driver, const StackBounds& bounds, int id)
    : id(id),
      bounds(bounds),
      isolate_state(driver->layout_, &driver->list_, bounds, id),
      driver(driver) {}

DirectDriver::DirectDriver(Layout layout, size_t stack_size, std::optional<GcCallbacks> callbacks,
                           StackMain main, void* data)
    : layout_(std::move(layout)),
      main_(main),
      main_data_(data),
      memory_(stack_size),
      list_(layout_, callbacks) {
  StackBounds root;
  root.top = layout_.root_stack_start;
  root.limit = layout_.root_stack_limit;
  stacks_.push_back(std::make_unique<Stack>(this, root, kRoot));
  running_ = stacks_[kRoot].get();
}

// Stacks that are still suspended are abandoned: their records leave V8's list, and their memory is
// freed. Nothing unwinds them, just as nothing unwinds the threads of a process that exits. The
// root is left alone: it is suspended when the process exits in a greenlet.
DirectDriver::~DirectDriver() {
  for (auto& stack : stacks_) {
    if (stack->id != kRoot && stack.get() != running_) stack->isolate_state.Abandon(layout_);
  }
}

int DirectDriver::Create(std::string* why) {
  StackBounds bounds;
  if (!memory_.Carve(&bounds, why)) return -1;
  auto stack = std::make_unique<Stack>(this, bounds, static_cast<int>(stacks_.size()));
  stack->sp = PrepareStack(bounds.top, StackEntry, stack.get());
  stack->isolate_state.Enter();
  stacks_.push_back(std::move(stack));
  return stacks_.back()->id;
}

// The switch.
//
//     root stack               greenlet's stack
//     ┌───────────────┐        ┌───────────────┐ top
//     │ uv_run        │        │ StackEntry    │
//     │ JavaScript    │        │ JavaScript    │
//     │ Transfer      │        │ Transfer      │
//     │ registers     │        │ registers     │
//     └───────────────┘ sp     └───────────────┘ sp
//
// One of them runs. The IsolateState of every other stack describes it to V8.
void DirectDriver::Transfer(int id) {
  Stack* from = running_;
  Stack* to = stacks_[id].get();
  from->isolate_state.Save(layout_);
  from->exceptions.Save(exceptions_);
  to->exceptions.Restore(exceptions_);
  to->isolate_state.Restore(layout_);
  running_ = to;
  greenlit_switch_registers(&from->sp, to->sp);
  // Another stack has transferred back to `from`. `to` may have ended and started again since.
}

bool DirectDriver::Finish(int next) {
  memory_.TrimIfDeep(running_->bounds, reinterpret_cast<uintptr_t>(__builtin_frame_address(0)));
  if (next != running_->id) Transfer(next);
  return true;
}

void DirectDriver::StackEntry(void* data) {
  auto* self = static_cast<Stack*>(data);
  DirectDriver* driver = self->driver;
  for (;;) driver->Finish(driver->main_(driver->main_data_, self->id));
}

void DirectDriver::Release(int id) {
  Stack* stack = stacks_[id].get();
  memory_.Trim(stack->bounds, reinterpret_cast<uintptr_t>(stack->sp));
}

DriverStats DirectDriver::Stats() const {
  DriverStats stats;
  stats.stacks = stacks_.size();
  stats.reserved_bytes = memory_.bytes_reserved();
  stats.trims = memory_.trims();
  stats.guard = StackMemory::GuardName(memory_.guard());
  stats.resting = list_.resting();
  stats.skips_resting = list_.skips();
  return stats;
}

}  // namespace greenlit
