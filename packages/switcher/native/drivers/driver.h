// What every way of suspending a stack offers: the contract of `direct`, `locker` and `thread`. A
// driver has five functions and a destructor. Everything above it, from choosing a driver to
// greenlets, is the same for all. test/support/driver-clauses.mjs states the contract clause by
// clause; test/conformance.test.ts checks each clause on each driver.

#ifndef GREENLIT_DRIVERS_DRIVER_H_
#define GREENLIT_DRIVERS_DRIVER_H_

#include <cstddef>
#include <string>

namespace greenlit {

// What runs on a stack each time that the stack is started. Returns the id of the stack that goes
// on next; this may be the same one. With the return its own stack becomes idle, and may be started
// again.
using StackMain = int (*)(void* data, int id);

struct DriverStats {
  size_t stacks = 0;          // made so far, the root included
  size_t reserved_bytes = 0;  // address space
  size_t trims = 0;           // times that pages of a deep stack were given back
  size_t resting = 0;         // stacks that the last scavenge did not visit
  bool skips_resting = false;
  const char* guard = "none";
};

// A stack is idle, running or suspended. Every garbage collection and deoptimisation visits the
// suspended ones. An exception on a stack stays on it. JavaScript that outgrows a stack gets a
// RangeError. All functions of a driver MUST be called on the running stack, by code that holds the
// isolate.
class Driver {
 public:
  static constexpr int kRoot = 0;  // the stack of the thread itself

  // Must be called on the root. Stacks that are suspended are abandoned: nothing unwinds them, and
  // no JavaScript runs. Afterwards V8 MUST know none of them, and everything that the system gave
  // to the driver MUST have been given back.
  virtual ~Driver() = default;

  // Makes an idle stack and returns its id. Ids are small, begin with 1, and are never used twice
  // by one driver. When the system has no more to give, it MUST return -1 with the reason in *why,
  // and MUST have changed nothing.
  virtual int Create(std::string* why) = 0;

  // Suspends the running stack and continues stack `id`; starts it if it is idle. Returns when
  // another stack transfers back. `id` MUST be a stack that was created and is not running.
  virtual void Transfer(int id) = 0;

  // Main may call this instead of returning `next`. The running stack becomes idle and `next` goes
  // on. When another stack transfers here again, main goes on behind this call, with the next thing
  // to run: leaving main and entering it anew would cost as much as two transfers. `next` may be
  // the running stack; then this returns at once. Returns false, and does nothing, where the driver
  // cannot keep frames on an idle stack.
  virtual bool Finish(int next) { return false; }

  // Gives the memory of an idle stack back, as far as the system lets it. The id stays valid.
  virtual void Release(int id) = 0;

  virtual DriverStats Stats() const = 0;
};

}  // namespace greenlit

#endif  // GREENLIT_DRIVERS_DRIVER_H_
