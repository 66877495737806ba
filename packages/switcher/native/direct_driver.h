// Driver `direct`: V8's state of each stack is archived by us, in records of V8's own shape, in
// V8's own list. The OS thread keeps its lock and its V8 thread id throughout, so every check V8
// makes, and its CPU profiler, sees one ordinary thread.

#ifndef GREENLIT_DIRECT_DRIVER_H_
#define GREENLIT_DIRECT_DRIVER_H_

#include <memory>
#include <vector>

#include "driver.h"
#include "isolate_state.h"
#include "layout.h"
#include "stack_memory.h"
#include "thread_list.h"

namespace greenlit {

class DirectDriver final : public Driver {
 public:
  // stack_size: bytes of stack JavaScript may use in each greenlet. skip_resting: see ThreadList.
  DirectDriver(Layout layout, size_t stack_size, bool skip_resting, StackMain main, void* data);
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
    DirectDriver* driver;
  };

  static void StackEntry(void* stack);

  const Layout layout_;
  StackMain main_;
  void* main_data_;
  StackMemory memory_;
  ThreadList list_;
  std::vector<std::unique_ptr<Stack>> stacks_;
  Stack* running_;
};

}  // namespace greenlit

#endif  // GREENLIT_DIRECT_DRIVER_H_
