// A sampling profiler that sees every stack under every driver. V8's own profiler samples the
// thread that started it, and sees nothing where greenlets run on other threads or wear other ids.
//
// A timer thread asks V8 for an interrupt; V8 calls back in whatever JavaScript then runs, which
// walks its own stack. So samples fall on loop ends and calls, V8's usual places for interrupts,
// and time outside JavaScript shows as a gap before the next one.

#ifndef GREENLIT_SAMPLER_H_
#define GREENLIT_SAMPLER_H_

#include <v8.h>

namespace greenlit {

// Adds startSampler(microseconds) and stopSampler() to `exports`.
// startSampler returns false when one is running already.
// stopSampler returns { nodes, samples, deltas }: nodes is flat, six entries for each node of the
// call tree (parent's index or -1, function, script's URL, script's id, line, column, both from 1);
// samples are indices of nodes, -1 for time outside JavaScript; deltas are microseconds since the
// sample before.
void InitSampler(v8::Isolate* isolate, v8::Local<v8::Context> context,
                 v8::Local<v8::Object> exports);

}  // namespace greenlit

#endif  // GREENLIT_SAMPLER_H_
