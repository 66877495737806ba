// Driver `thread`: each stack is that of an OS thread. One of them runs at a time; V8 archives the
// others. This driver needs only the documented interfaces of V8, Node and libuv, so it works on
// every platform.
//
// Semaphores hand over the turn. Only the thread with the turn may touch the driver; it sees all
// that the others wrote before. A thread takes the isolate and enters it at the start of its turn,
// and leaves it and gives it up at the end.

#ifndef GREENLIT_DRIVERS_THREAD_DRIVER_H_
#define GREENLIT_DRIVERS_THREAD_DRIVER_H_

#include <uv.h>
#include <v8.h>

#include <csetjmp>
#include <cstdint>
#include <memory>
#include <vector>

#include "drivers/driver.h"
#include "v8/archived_thread.h"
#include "v8/late_interrupts.h"

namespace greenlit {

class ThreadDriver final : public Driver {
 public:
  // unarchived and late_interrupts are empty where their places are not known.
  // stack_size: bytes of stack JavaScript may use in each greenlet.
  ThreadDriver(v8::Isolate* isolate, const UnarchivedWords& unarchived,
               LateInterrupts late_interrupts, size_t stack_size, StackMain main, void* data);
  ~ThreadDriver() override;

  int Create(std::string* why) override;
  void Transfer(int id) override;
  // Does nothing: as long as a thread lives, its stack belongs to the system.
  void Release(int id) override;
  DriverStats Stats() const override;

 private:
  struct Stack {
    Stack(ThreadDriver* driver, int id)
        : driver(driver), id(id), archived(driver->isolate_, driver->unarchived_) {}

    ThreadDriver* driver;
    int id;
    ArchivedThread archived;
    uv_thread_t thread;
    uv_sem_t turn;
    uintptr_t limit = 0;   // JavaScript stops here
    int entries = 0;       // how often it had entered the isolate before it was suspended
    bool closing = false;  // its next turn is its last
    std::jmp_buf bottom;   // the frame of ThreadMain
  };

  static void ThreadMain(void* stack);
  void Run(Stack* self);
  void GiveTurn(int id);
  void Arrive(Stack* stack, int32_t late_interrupts);

  v8::Isolate* isolate_;
  UnarchivedWords unarchived_;
  LateInterrupts late_interrupts_;
  size_t stack_size_;
  StackMain main_;
  void* main_data_;
  std::vector<std::unique_ptr<Stack>> stacks_;
  Stack* running_;
  int32_t forgotten_ = 0;  // while stacks are closed: the interrupts noted with them
};

}  // namespace greenlit

#endif  // GREENLIT_DRIVERS_THREAD_DRIVER_H_
