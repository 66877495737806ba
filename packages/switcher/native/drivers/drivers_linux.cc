#include <node.h>

#include <optional>

#include "drivers/direct_driver.h"
#include "drivers/drivers.h"
#include "drivers/locker_driver.h"
#include "drivers/thread_driver.h"
#include "machine/shadow_stack.h"
#include "v8/layout.h"
#include "v8/second_thread.h"

namespace greenlit {

namespace {

// `direct` and `locker` exchange the processor's stack pointer, which a shadow stack forbids.
bool ForbidsSwitch(const std::string& sabotage, std::string* why) {
  if (sabotage != "shadow stack" && !HasShadowStack()) return false;
  *why = "shadow stack: the processor checks returns against one of its own";
  return true;
}

}  // namespace

// Each is empty until it is needed.
struct Drivers::Learned {
  using Discover = bool (*)(v8::Isolate*, const std::string& sabotage, SecondThread*, Layout*,
                            std::string* why);

  // What `discover` finds, and its second thread.
  struct Found {
    Found(v8::Isolate* isolate, int32_t number, Discover discover)
        : isolate(isolate),
          second(isolate, SecondThread::kFirstId + number * SecondThread::kIds),
          discover(discover) {}

    bool Learn(const std::string& sabotage, std::string* why) {
      if (layout != nullptr) return true;
      auto found = std::make_unique<Layout>();
      if (!discover(isolate, sabotage, &second, found.get(), why)) return false;
      layout = std::move(found);
      return true;
    }

    v8::Isolate* isolate;
    SecondThread second;
    Discover discover;
    std::unique_ptr<Layout> layout;
  };

  explicit Learned(v8::Isolate* isolate)
      : all(isolate, 0, DiscoverLayout), thread_words(isolate, 1, DiscoverThreadWords) {}

  Found all;
  Found thread_words;  // only what `locker` and `thread` need
  std::optional<bool> promotes;
  std::optional<GcCallbacks> callbacks;
};

Drivers::Drivers(v8::Isolate* isolate) : isolate_(isolate), learned_(new Learned(isolate)) {}

Drivers::~Drivers() = default;

const std::vector<Drivers::Entry>& Drivers::Table() {
  static const std::vector<Entry> table = {{"direct", &Drivers::OpenDirect},
                                           {"locker", &Drivers::OpenLocker},
                                           {"thread", &Drivers::OpenThread}};
  return table;
}

void Drivers::CallFirst(GcCallback before, void* data) {
  if (!learned_->callbacks.has_value()) learned_->callbacks = GcCallbacks::Find(isolate_);
  if (learned_->callbacks.has_value()) learned_->callbacks->before.MakeFirst(before, data);
}

void Drivers::CallLast(GcCallback after, void* data) {
  const auto& callbacks = learned_->callbacks;
  if (callbacks.has_value() && !callbacks->after.IsLast(after, data)) {
    callbacks->after.MakeLast(after, data);
  }
}

void Drivers::SeeHolds(const Layout& layout) {
  holds = Holds(layout, node::GetCurrentEnvironment(isolate_->GetCurrentContext()));
}

std::unique_ptr<Driver> Drivers::OpenDirect(const DriverOptions& options, std::string* why) {
  const std::string& sabotage = options.sabotage;
  if (ForbidsSwitch(sabotage, why)) return nullptr;
  if (!learned_->all.Learn(sabotage, why)) return nullptr;
  const Layout& layout = *learned_->all.layout;
  SeeHolds(layout);
  // Some flags of V8 make scavenges promote in another way (--minor-ms, conservative scanning).
  if (!learned_->promotes.has_value()) {
    learned_->promotes = sabotage != "promotion" && PromotesInTwoScavenges(isolate_);
  }
  std::optional<GcCallbacks> callbacks;
  if (options.skip_resting && *learned_->promotes && sabotage != "collection callbacks") {
    callbacks = learned_->callbacks;
  }
  return std::make_unique<DirectDriver>(layout, options.stack_size, callbacks, options.main,
                                        options.data);
}

std::unique_ptr<Driver> Drivers::OpenLocker(const DriverOptions& options, std::string* why) {
  if (ForbidsSwitch(options.sabotage, why)) return nullptr;
  if (!learned_->thread_words.Learn(options.sabotage, why)) return nullptr;
  const Layout& layout = *learned_->thread_words.layout;
  SeeHolds(layout);
  return std::make_unique<LockerDriver>(layout, options.stack_size, options.main, options.data);
}

// This driver can do without most of V8's layout. But it must know the words that V8 does not
// archive: without them its stacks would share what each must have for itself.
std::unique_ptr<Driver> Drivers::OpenThread(const DriverOptions& options, std::string* why) {
  std::string missing;
  Layout layout;
  if (learned_->thread_words.Learn(options.sabotage, &missing)) {
    layout = *learned_->thread_words.layout;
  } else {
    // If V8 is terminating what runs, no more may be tried: newer V8 takes its next call of a
    // function for the end of the termination.
    if (isolate_->IsExecutionTerminating()) {
      *why = missing;
      return nullptr;
    }
    layout.late_interrupts.Learn(isolate_, options.sabotage);
    if (!DiscoverUnarchivedWords(isolate_, options.sabotage, &layout, why)) return nullptr;
  }
  SeeHolds(layout);
  return std::make_unique<ThreadDriver>(isolate_, layout.unarchived, layout.late_interrupts,
                                        options.stack_size, options.main, options.data);
}

}  // namespace greenlit
