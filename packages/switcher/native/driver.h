// What every way of suspending a stack offers: the contract of `direct`, `locker` and `thread`.
// Four functions; choosing and the JavaScript side are the same for all. test/conformance.test.ts
// states it clause by clause, over every driver.

#ifndef GREENLIT_DRIVER_H_
#define GREENLIT_DRIVER_H_

#include <cstddef>
#include <string>

namespace greenlit {

// What runs on a stack each time it is started: returns the id of the stack to go on with, which
// may be the same one. Its stack is idle, and may be started again, from then on.
using StackMain = int (*)(void* data, int id);

struct DriverStats {
  size_t stacks = 0;          // made so far, the root included
  size_t reserved_bytes = 0;  // address space
  size_t trims = 0;           // times that pages of a deep stack were given back
  size_t resting = 0;         // stacks that the last scavenge did not visit
  bool skips_resting = false;
  const char* guard = "none";
};

// A stack is idle, running or suspended. A suspended one is visited by every garbage collection and
// deoptimisation; an exception on a stack stays on it; JavaScript that outgrows a stack gets a
// RangeError. All of a driver's functions MUST be called by whoever runs, with the isolate held.
class Driver {
 public:
  static constexpr int kRoot = 0;  // the stack of the thread itself

  // Only the root may be running. Stacks that are suspended are abandoned: nothing unwinds them and
  // no JavaScript runs, but V8 MUST know of none of them afterwards, and nothing that the system
  // gave to the driver may outlive it.
  virtual ~Driver() = default;

  // Makes an idle stack and returns its id: small, from 1 on, never reused while the driver lives.
  // MUST return -1 with the reason in *why when the system has no more to give, with nothing
  // changed.
  virtual int Create(std::string* why) = 0;

  // Suspends the running stack and continues stack `id`, starting it if it is idle. Returns when
  // somebody transfers back. `id` MUST be a stack that was created and is not running.
  virtual void Transfer(int id) = 0;

  // For main, instead of returning `next`: the running stack is idle from here on, and when somebody
  // transfers to it main goes on here, with what is to run then. To leave main and enter it again costs
  // as much as two transfers. `next` may be the running stack; then this returns at once. False, and
  // nothing done, where idle stacks hold no frames.
  virtual bool Finish(int next) { return false; }

  // Gives the memory of an idle stack back, as far as the system lets it; its id stays valid.
  virtual void Release(int id) = 0;

  virtual DriverStats Stats() const = 0;
};

}  // namespace greenlit

#endif  // GREENLIT_DRIVER_H_
