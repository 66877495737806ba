// V8's isolate, read as a row of words. What V8 keeps there is found by the words that change.

#ifndef GREENLIT_V8_ISOLATE_WORDS_H_
#define GREENLIT_V8_ISOLATE_WORDS_H_

#include <v8.h>

#include <cstdint>
#include <vector>

namespace greenlit {

// The words of the isolate, and some of the memory behind it: its size is not known.
std::vector<uintptr_t> IsolateWords(v8::Isolate* isolate);

}  // namespace greenlit

#endif  // GREENLIT_V8_ISOLATE_WORDS_H_
