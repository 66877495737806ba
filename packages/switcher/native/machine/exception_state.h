// The C++ exceptions that a stack is handling: `throw;` in a `catch` throws the newest of them
// again, and std::uncaught_exceptions counts them. The C++ library keeps one list of them for each
// OS thread, last in first out. Stacks that share a thread would share the list: after a switch, a
// `catch` would find the exception of another stack. So each stack has its own.

#ifndef GREENLIT_MACHINE_EXCEPTION_STATE_H_
#define GREENLIT_MACHINE_EXCEPTION_STATE_H_

#include <cxxabi.h>

#include <cstring>

namespace greenlit {

class ExceptionState {
 public:
  // Where the running OS thread keeps its list. The place stays the same while the thread lives.
  static void* Live() { return abi::__cxa_get_globals(); }

  void Save(const void* live) { memcpy(this, live, sizeof(*this)); }
  void Restore(void* live) const { memcpy(live, this, sizeof(*this)); }

 private:
  // cxxabi.h only names this type; the Itanium C++ ABI, 2.2.2, says what it holds.
  void* caught_ = nullptr;
  unsigned uncaught_ = 0;
};

}  // namespace greenlit

#endif  // GREENLIT_MACHINE_EXCEPTION_STATE_H_
