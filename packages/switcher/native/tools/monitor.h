// Finds what keeps the event loop from turning. A thread looks at the loop from outside. When the
// loop has neither turned nor slept for too long, the thread asks V8 for an interrupt. V8 calls
// back in the JavaScript that runs, on whichever stack: that is what blocks.

#ifndef GREENLIT_TOOLS_MONITOR_H_
#define GREENLIT_TOOLS_MONITOR_H_

#include <v8.h>

namespace greenlit {

// Adds startMonitor(milliseconds, onBlocked) and stopMonitor() to `exports`.
//
// startMonitor returns false when a monitor is running already. onBlocked(milliseconds, stack) is
// called in the next turn of the loop. Without onBlocked the stack is written to stderr at once:
// that also tells of code that never ends.
void InitMonitor(v8::Isolate* isolate, v8::Local<v8::Context> context,
                 v8::Local<v8::Object> exports);

}  // namespace greenlit

#endif  // GREENLIT_TOOLS_MONITOR_H_
