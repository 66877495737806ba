#include <optional>

#include "direct_driver.h"
#include "drivers.h"
#include "layout.h"
#include "locker_driver.h"
#include "thread_driver.h"

namespace greenlit {

// Each null until it is needed.
struct Drivers::Learned {
  std::unique_ptr<Layout> layout;
  std::unique_ptr<Layout> thread_words;  // only these are filled in
  std::optional<bool> promotes;
};

Drivers::Drivers(v8::Isolate* isolate) : isolate_(isolate), learned_(new Learned) {}

Drivers::~Drivers() = default;

const std::vector<std::string>& Drivers::Names() {
  static const std::vector<std::string> names = {"direct", "locker", "thread"};
  return names;
}

std::unique_ptr<Driver> Drivers::Open(const std::string& name, const DriverOptions& options,
                                      std::string* why) {
  auto learn = [&](std::unique_ptr<Layout>* known, auto discover) {
    if (*known != nullptr) return true;
    auto layout = std::make_unique<Layout>();
    if (!discover(isolate_, options.sabotage, layout.get(), why)) return false;
    *known = std::move(layout);
    return true;
  };
  if (name == "direct") {
    if (!learn(&learned_->layout, DiscoverLayout)) return nullptr;
    // Not where scavenges promote in some other way (--minor-ms, conservative scanning).
    if (!learned_->promotes.has_value()) {
      learned_->promotes =
          options.sabotage != "promotion" && PromotesInTwoScavenges(isolate_, options.collect);
    }
    bool skip = options.skip_resting && *learned_->promotes;
    return std::make_unique<DirectDriver>(*learned_->layout, options.stack_size, skip, options.main,
                                          options.data);
  }
  if (name == "locker") {
    if (!learn(&learned_->thread_words, DiscoverThreadWords)) return nullptr;
    return std::make_unique<LockerDriver>(*learned_->thread_words, options.stack_size, options.main,
                                          options.data);
  }
  // It can do without all that is learned, as it does on other platforms.
  std::string missing;
  Layout layout;
  if (!DiscoverThreadWords(isolate_, options.sabotage, &layout, &missing)) {
    // Newer V8 takes the next call into it as the end of that.
    if (isolate_->IsExecutionTerminating()) {
      *why = missing;
      return nullptr;
    }
    layout.late_interrupts.Learn(isolate_);
  }
  return std::make_unique<ThreadDriver>(isolate_, layout.shutdown_list, layout.late_interrupts,
                                        options.stack_size, options.main, options.data);
}

}  // namespace greenlit
