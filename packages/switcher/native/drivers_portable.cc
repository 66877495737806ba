#include "drivers.h"
#include "thread_driver.h"

namespace greenlit {

struct Drivers::Learned {};

Drivers::Drivers(v8::Isolate* isolate) : isolate_(isolate) {}

Drivers::~Drivers() = default;

const std::vector<std::string>& Drivers::Names() {
  static const std::vector<std::string> names = {"thread"};
  return names;
}

std::unique_ptr<Driver> Drivers::Open(const std::string&, const DriverOptions& options,
                                      std::string*) {
  LateInterrupts late_interrupts;
  late_interrupts.Learn(isolate_);
  return std::make_unique<ThreadDriver>(isolate_, nullptr, late_interrupts, options.stack_size,
                                        options.main, options.data);
}

}  // namespace greenlit
