// Driver `thread`: an OS thread for each stack, one of which runs at a time; V8 archives the
// others. Needs nothing but the documented interfaces of V8, Node and libuv, so it works on every
// platform.
//
// The turn is handed over by semaphores. Whoever has it may touch the driver, and sees what those
// before wrote. A thread holds the isolate from when it takes its turn to when it gives it up, and
// has entered it just as long.

#ifndef GREENLIT_THREAD_DRIVER_H_
#define GREENLIT_THREAD_DRIVER_H_

#include <uv.h>
#include <v8.h>

#include <csetjmp>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "archived_thread.h"
#include "driver.h"
#include "late_interrupts.h"

namespace greenlit {

class ThreadDriver final : public Driver {
 public:
  // shutdown_list, late_interrupts: see there; null and empty where they are not known.
  // stack_size: bytes of stack JavaScript may use in each greenlet.
  ThreadDriver(v8::Isolate* isolate, uintptr_t* shutdown_list, LateInterrupts late_interrupts,
               size_t stack_size, StackMain main, void* data);
  ~ThreadDriver() override;

  int Create(std::string* why) override;
  void Transfer(int id) override;
  // Does nothing: the stack of a thread is the system's as long as the thread lives.
  void Release(int id) override;
  DriverStats Stats() const override;

 private:
  struct Stack {
    Stack(ThreadDriver* driver, int id)
        : driver(driver), id(id), archived(driver->isolate_, driver->shutdown_list_) {}

    ThreadDriver* driver;
    int id;
    ArchivedThread archived;
    uv_thread_t thread;
    uv_sem_t turn;
    uintptr_t limit = 0;   // JavaScript stops here
    int entries = 0;       // how often it had entered the isolate when it was suspended
    bool closing = false;  // its next turn is its last
    std::jmp_buf bottom;   // the frame of ThreadMain
  };

  static void ThreadMain(void* stack);
  void Run(Stack* self);
  void GiveTurn(int id);
  void Arrive(Stack* stack, int32_t late_interrupts);

  v8::Isolate* isolate_;
  uintptr_t* shutdown_list_;
  LateInterrupts late_interrupts_;
  size_t stack_size_;
  StackMain main_;
  void* main_data_;
  std::vector<std::unique_ptr<Stack>> stacks_;
  Stack* running_;
  std::optional<int32_t> forgotten_;  // while stacks are closed: what was noted with them
};

}  // namespace greenlit

#endif  // GREENLIT_THREAD_DRIVER_H_
