// Some state belongs to a stack, but V8 does not archive it: it keeps it once for all stacks. Where
// this V8 has such state and the platform can find it, each stack gets its own.

#ifndef GREENLIT_V8_UNARCHIVED_STATE_H_
#define GREENLIT_V8_UNARCHIVED_STATE_H_

#include <cstdint>
#include <cstring>

namespace greenlit {

// Where that state is. Null: this V8 has none, or its place is not known.
struct UnarchivedWords {
  // A vector (begin, end, capacity) of objects on the running stack, which V8 would destroy if it
  // had to shut down now. V8 12.4 has it. JSON.stringify adds itself at its start; at its end it
  // aborts the process if it is not the last entry.
  uintptr_t* shutdown_list = nullptr;

  // A flag that is set while Error.prepareStackTrace formats an error. While it is set, V8 does not
  // call Error.prepareStackTrace for other errors, or an error in it would never end. If a greenlet
  // blocked in it, no other stack would get its errors formatted.
  char* formatting_trace = nullptr;
};

class UnarchivedState {
 public:
  explicit UnarchivedState(const UnarchivedWords& live) : live_(live) {}

  void Save() {
    if (live_.shutdown_list != nullptr) {
      memcpy(shutdown_list_, live_.shutdown_list, sizeof(shutdown_list_));
    }
    if (live_.formatting_trace != nullptr) formatting_trace_ = *live_.formatting_trace;
  }
  void Restore() const {
    if (live_.shutdown_list != nullptr) {
      memcpy(live_.shutdown_list, shutdown_list_, sizeof(shutdown_list_));
    }
    if (live_.formatting_trace != nullptr) *live_.formatting_trace = formatting_trace_;
  }

 private:
  UnarchivedWords live_;
  uintptr_t shutdown_list_[3] = {};  // an empty vector
  char formatting_trace_ = 0;
};

}  // namespace greenlit

#endif  // GREENLIT_V8_UNARCHIVED_STATE_H_
