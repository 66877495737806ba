// Two of V8's flags must be changed. V8 ties compiled code in caches to the flags under which it
// was compiled. If a flag were changed in the documented way, V8 would refuse all older caches from
// then on, also Node's own cache of its modules. So only the byte of the flag is changed, if that
// byte is found.

#ifndef GREENLIT_V8_FLAGS_H_
#define GREENLIT_V8_FLAGS_H_

#include <v8.h>

namespace greenlit {

// Switches the collection of WebAssembly code off. V8 aborts in such a collection when any thread
// is archived ("archived threads in combination with wasm not supported"). So it must be off before
// the first greenlet.
void DisableWasmCodeCollection();

// Collects garbage now. V8 does so only under the flag --expose-gc, and users need not set it. So
// the flag is on for the length of this call.
void CollectGarbage(v8::Isolate* isolate, bool minor);

// The byte that holds a flag of V8, such as "expose-gc". Null unless exactly one byte changes with
// the flag. Leaves the flag as it was. Only one thread may call this at a time.
char* FindFlagByte(const char* name);

}  // namespace greenlit

#endif  // GREENLIT_V8_FLAGS_H_
