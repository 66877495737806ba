// The module that holds V8: an executable or a library.

#ifndef GREENLIT_V8_V8_MODULE_H_
#define GREENLIT_V8_V8_MODULE_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace greenlit {

struct V8Module {
  uintptr_t image_start = UINTPTR_MAX;  // code and constants
  uintptr_t image_end = 0;
  std::vector<std::pair<char*, size_t>> variables;  // what of it can be written: address and size
  char* thread_locals = nullptr;                    // this thread's block
  size_t thread_locals_size = 0;

  static V8Module Find();
};

}  // namespace greenlit

#endif  // GREENLIT_V8_V8_MODULE_H_
