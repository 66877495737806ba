// Finds what keeps the event loop from turning: a thread that looks at the loop from outside, and
// asks V8 for an interrupt when it has neither turned nor slept for too long. V8 calls back in
// whatever JavaScript runs, on whichever stack, and that is what blocks.

#ifndef GREENLIT_MONITOR_H_
#define GREENLIT_MONITOR_H_

#include <v8.h>

namespace greenlit {

// Adds startMonitor(milliseconds, onBlocked) and stopMonitor() to `exports`.
// startMonitor returns false when one is running already. onBlocked(milliseconds, stack) is called
// in the next turn of the loop; when it is undefined, the stack is written to stderr at once, which
// is heard also of what never ends.
void InitMonitor(v8::Isolate* isolate, v8::Local<v8::Context> context,
                 v8::Local<v8::Object> exports);

}  // namespace greenlit

#endif  // GREENLIT_MONITOR_H_
