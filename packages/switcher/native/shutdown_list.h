// The one thing that belongs to a stack and that V8 does not archive: the list described at
// Layout::shutdown_list, where this V8 has it and the platform can find it.

#ifndef GREENLIT_SHUTDOWN_LIST_H_
#define GREENLIT_SHUTDOWN_LIST_H_

#include <cstdint>
#include <cstring>

namespace greenlit {

class ShutdownList {
 public:
  // live: V8's vector of three words; null when there is none, and then nothing is done.
  explicit ShutdownList(uintptr_t* live) : live_(live) {}

  void Save() {
    if (live_ != nullptr) memcpy(saved_, live_, sizeof(saved_));
  }
  void Restore() {
    if (live_ != nullptr) memcpy(live_, saved_, sizeof(saved_));
  }

 private:
  uintptr_t* live_;
  uintptr_t saved_[3] = {};  // an empty vector
};

}  // namespace greenlit

#endif  // GREENLIT_SHUTDOWN_LIST_H_
