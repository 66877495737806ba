#include "drivers/drivers.h"

namespace greenlit {

std::vector<std::string> Drivers::Names() {
  std::vector<std::string> names;
  for (const Entry& entry : Table()) names.push_back(entry.name);
  return names;
}

std::unique_ptr<Driver> Drivers::Open(const std::string& name, const DriverOptions& options,
                                      std::string* why) {
  std::string known;
  for (const Entry& entry : Table()) {
    if (name == entry.name) return (this->*entry.open)(options, why);
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  *why = "this platform has no driver \"" + name + "\"; it has: " + known;
  return nullptr;
}

}  // namespace greenlit
