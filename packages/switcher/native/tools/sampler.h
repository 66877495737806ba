// A sampling profiler that sees every stack under every driver. V8's own profiler samples only the
// thread that started it, so it misses greenlets that run on other threads or under other thread
// ids.
//
// A thread asks V8 for an interrupt in each interval. V8 calls back in the JavaScript that then
// runs, and the callback walks the stack it is on. V8 looks for interrupts at the ends of loops and
// at calls, so that is where samples are taken. Time outside JavaScript shows as a gap before the
// next sample.

#ifndef GREENLIT_TOOLS_SAMPLER_H_
#define GREENLIT_TOOLS_SAMPLER_H_

#include <v8.h>

namespace greenlit {

// Adds startSampler(microseconds) and stopSampler() to `exports`.
//
// startSampler returns false when a sampler is running already.
//
// stopSampler returns { nodes, samples, deltas }:
//   nodes    flat, six entries for each node of the call tree: the parent's index or -1, function,
//            script's URL, script's id, line and column (both from 1)
//   samples  indices of nodes; -1: time outside JavaScript
//   deltas   microseconds since the sample before
void InitSampler(v8::Isolate* isolate, v8::Local<v8::Context> context,
                 v8::Local<v8::Object> exports);

}  // namespace greenlit

#endif  // GREENLIT_TOOLS_SAMPLER_H_
