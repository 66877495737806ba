// Driver `locker`: V8 archives each stack, because it takes each for a thread. All stacks run on
// one OS thread, but V8's word for the id of this thread holds another number on each stack. This
// driver needs to know that word, the word for the start of the stack, and the place of late
// interrupts in an archive.

#ifndef GREENLIT_DRIVERS_LOCKER_DRIVER_H_
#define GREENLIT_DRIVERS_LOCKER_DRIVER_H_

#include <memory>
#include <vector>

#include "drivers/driver.h"
#include "machine/exception_state.h"
#include "machine/stack_memory.h"
#include "v8/archived_thread.h"
#include "v8/layout.h"

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
          archived(driver->isolate_, driver->unarchived_) {}

    LockerDriver* driver;
    int id;
    int32_t thread_id;  // V8's id of the thread that it takes this stack for
    StackBounds bounds;
    ArchivedThread archived;
    ExceptionState exceptions;
    void* sp = nullptr;  // where it continues, while it does not run
  };

  static void StackEntry(void* stack);
  void Leave(Stack* from, int to);
  void Arrive(const Stack& stack);
  void Forget(Stack* stack);

  v8::Isolate* isolate_;
  int32_t* thread_id_;
  uintptr_t* stack_start_;
  UnarchivedWords unarchived_;
  void* exceptions_;  // the C++ library's, of this thread
  LateInterrupts late_interrupts_;
  StackMain main_;
  void* main_data_;
  StackMemory memory_;
  std::vector<std::unique_ptr<Stack>> stacks_;
  Stack* running_;
};

}  // namespace greenlit

#endif  // GREENLIT_DRIVERS_LOCKER_DRIVER_H_
