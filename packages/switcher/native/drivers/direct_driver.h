// Driver `direct`: we archive V8's state of each suspended stack ourselves. We put it into records
// of the same shape as V8's own, and link these into V8's own list. The OS thread keeps the
// isolate's lock and its V8 thread id all the time. So all checks in V8, and its CPU profiler, see
// one ordinary thread.

#ifndef GREENLIT_DRIVERS_DIRECT_DRIVER_H_
#define GREENLIT_DRIVERS_DIRECT_DRIVER_H_

#include <memory>
#include <optional>
#include <vector>

#include "drivers/driver.h"
#include "machine/exception_state.h"
#include "machine/stack_memory.h"
#include "v8/isolate_state.h"
#include "v8/layout.h"
#include "v8/thread_list.h"

namespace greenlit {

class DirectDriver final : public Driver {
 public:
  // stack_size: bytes of stack JavaScript may use in each greenlet. callbacks: see ThreadList.
  DirectDriver(Layout layout, size_t stack_size, std::optional<GcCallbacks> callbacks,
               StackMain main, void* data);
  ~DirectDriver() override;

  int Create(std::string* why) override;
  void Transfer(int id) override;
  void Release(int id) override;
  bool Finish(int next) override;
  DriverStats Stats() const override;

 private:
  struct Stack {
    Stack(DirectDriver* driver, const StackBounds& bounds, int id);
    int id;
    void* sp = nullptr;  // where it continues, while suspended
    StackBounds bounds;
    IsolateState isolate_state;
    ExceptionState exceptions;
    DirectDriver* driver;
  };

  static void StackEntry(void* stack);

  const Layout layout_;
  StackMain main_;
  void* main_data_;
  StackMemory memory_;
  ThreadList list_;
  void* const exceptions_ = ExceptionState::Live();
  std::vector<std::unique_ptr<Stack>> stacks_;
  Stack* running_;
};

}  // namespace greenlit

#endif  // GREENLIT_DRIVERS_DIRECT_DRIVER_H_
