// The drivers that this platform has. Each platform has one file with their table:
// drivers_linux.cc, drivers_portable.cc.

#ifndef GREENLIT_DRIVERS_DRIVERS_H_
#define GREENLIT_DRIVERS_DRIVERS_H_

#include <v8.h>

#include <memory>
#include <string>
#include <vector>

#include "drivers/driver.h"
#include "v8/gc_callbacks.h"
#include "v8/holds.h"

namespace greenlit {

struct DriverOptions {
  size_t stack_size;  // bytes of stack JavaScript may use in each greenlet
  // For tests. A step of DiscoverLayout, or "terminate:<place>": see AskAt; or "shadow stack": as
  // if the processor had one; "promotion": as if scavenges did not promote; "collection callbacks":
  // as if V8's lists of these were not found.
  std::string sabotage;
  bool skip_resting;  // keep resting stacks out of scavenges, where V8 lets us: see ThreadList
  StackMain main;
  void* data;
};

// One for each environment. Keeps what its drivers have learned about V8.
class Drivers {
 public:
  explicit Drivers(v8::Isolate* isolate);
  ~Drivers();

  // Best first.
  static std::vector<std::string> Names();

  // Null, with the reason in *why, when there is no such driver or when it cannot run here. Must
  // run in the callback of a construct call: see DiscoverLayout.
  std::unique_ptr<Driver> Open(const std::string& name, const DriverOptions& options,
                               std::string* why);

  // Sees nothing before a driver has been opened, nor where V8's memory cannot be looked into.
  Holds holds;

  // V8 calls a list of callbacks before each collection, and another list after it. CallFirst
  // moves `before` to the front of the first list; it must not be used while V8 goes through that
  // list. CallLast moves `after` to the end of the second. They do nothing where the lists are not
  // found.
  void CallFirst(GcCallback before, void* data);
  void CallLast(GcCallback after, void* data);

 private:
  using OpenDriver = std::unique_ptr<Driver> (Drivers::*)(const DriverOptions& options,
                                                          std::string* why);
  struct Entry {
    const char* name;
    OpenDriver open;
  };
  // Each platform's own; best first.
  static const std::vector<Entry>& Table();

  std::unique_ptr<Driver> OpenDirect(const DriverOptions& options, std::string* why);
  std::unique_ptr<Driver> OpenLocker(const DriverOptions& options, std::string* why);
  std::unique_ptr<Driver> OpenThread(const DriverOptions& options, std::string* why);
  void SeeHolds(const Layout& layout);

  struct Learned;
  v8::Isolate* isolate_;
  std::unique_ptr<Learned> learned_;
};

}  // namespace greenlit

#endif  // GREENLIT_DRIVERS_DRIVERS_H_
