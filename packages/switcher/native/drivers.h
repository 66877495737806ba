// The drivers that this platform has. Each platform has one file that says which: drivers_linux.cc,
// drivers_portable.cc.

#ifndef GREENLIT_DRIVERS_H_
#define GREENLIT_DRIVERS_H_

#include <v8.h>

#include <memory>
#include <string>
#include <vector>

#include "driver.h"

namespace greenlit {

struct DriverOptions {
  size_t stack_size;     // bytes of stack JavaScript may use in each greenlet
  std::string sabotage;  // see DiscoverLayout; "promotion": as if scavenges did not promote
  bool skip_resting;     // keep resting stacks out of scavenges, where V8 lets us: see ThreadList
  void (*collect)(v8::Isolate*, bool minor);  // collects garbage now
  StackMain main;
  void* data;
};

// One for each environment. Keeps what its drivers have learned about V8.
class Drivers {
 public:
  explicit Drivers(v8::Isolate* isolate);
  ~Drivers();

  // Best first.
  static const std::vector<std::string>& Names();

  // Null, with the reason in *why, when this driver cannot run here. Must run in the callback of a
  // construct call, see DiscoverLayout.
  std::unique_ptr<Driver> Open(const std::string& name, const DriverOptions& options,
                               std::string* why);

 private:
  struct Learned;
  v8::Isolate* isolate_;
  std::unique_ptr<Learned> learned_;
};

}  // namespace greenlit

#endif  // GREENLIT_DRIVERS_H_
