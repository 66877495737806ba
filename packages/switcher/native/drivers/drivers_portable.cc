#include "drivers/drivers.h"
#include "drivers/thread_driver.h"

namespace greenlit {

// Nothing is learned where V8's memory cannot be looked into.
struct Drivers::Learned {};

Drivers::Drivers(v8::Isolate* isolate) : isolate_(isolate) {}

Drivers::~Drivers() = default;

const std::vector<Drivers::Entry>& Drivers::Table() {
  static const std::vector<Entry> table = {{"thread", &Drivers::OpenThread}};
  return table;
}

void Drivers::CallFirst(GcCallback, void*) {}

void Drivers::CallLast(GcCallback, void*) {}

std::unique_ptr<Driver> Drivers::OpenThread(const DriverOptions& options, std::string*) {
  LateInterrupts late_interrupts;
  late_interrupts.Learn(isolate_, options.sabotage);
  return std::make_unique<ThreadDriver>(isolate_, UnarchivedWords(), late_interrupts,
                                        options.stack_size, options.main, options.data);
}

}  // namespace greenlit
