// Driver `locker`: V8 archives each stack as the thread it takes it for, because V8's word for this
// thread's id holds another number on each. All of it happens on one OS thread. Needs to know that
// word, the one for the stack's start, and where an archive notes late interrupts.

#ifndef GREENLIT_LOCKER_DRIVER_H_
#define GREENLIT_LOCKER_DRIVER_H_

#include <memory>
#include <vector>

#include "archived_thread.h"
#include "driver.h"
#include "layout.h"
#include "stack_memory.h"

namespace greenlit {

class LockerDriver final : public Driver {
 public:
  // Of the layout, only what DiscoverThreadWords finds is used.
  // stack_size: bytes of stack JavaScript may use in each greenlet.
  LockerDriver(const Layout& layout, size_t stack_size, StackMain main, void* data);
  ~LockerDriver() override;

  int Create(std::string* why) override;
  void Transfer(int id) override;
  void Release(int id) override;
  DriverStats Stats() const override;

 private:
  struct Stack {
    Stack(LockerDriver* driver, int id, int32_t thread_id, const StackBounds& bounds)
        : driver(driver),
          id(id),
          thread_id(thread_id),
          bounds(bounds),
          archived(driver->isolate_, driver->shutdown_list_) {}

    LockerDriver* driver;
    int id;
    int32_t thread_id;  // what V8 takes it for
    StackBounds bounds;
    ArchivedThread archived;
    void* sp = nullptr;  // where it continues, while it does not run
  };

  static void StackEntry(void* stack);
  void Leave(Stack* from, int to);
  void Arrive(const Stack& stack);
  void Forget(Stack* stack);

  v8::Isolate* isolate_;
  int32_t* thread_id_;
  uintptr_t* stack_start_;
  uintptr_t* shutdown_list_;
  LateInterrupts late_interrupts_;
  StackMain main_;
  void* main_data_;
  StackMemory memory_;
  std::vector<std::unique_ptr<Stack>> stacks_;
  Stack* running_;
};

}  // namespace greenlit

#endif  // GREENLIT_LOCKER_DRIVER_H_
