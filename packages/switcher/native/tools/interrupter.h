// A thread beside JavaScript's that asks V8 for interrupts. V8 answers one by a callback in
// whatever JavaScript then runs, on whichever stack. The monitor and the sampler look at JavaScript
// in this way.

#ifndef GREENLIT_TOOLS_INTERRUPTER_H_
#define GREENLIT_TOOLS_INTERRUPTER_H_

#include <uv.h>
#include <v8.h>

#include <atomic>
#include <cstdint>
#include <functional>

namespace greenlit {

class Interrupter {
 public:
  // What an interrupt is about: any number but kNothing.
  using Subject = uint64_t;
  static constexpr Subject kNothing = 0;

  // Called on the thread, once in each interval: what to ask about now. `pending` is what has been
  // asked about and not been answered yet.
  using Ask = std::function<Subject(Subject pending)>;
  // Called in the interrupt, on the JavaScript thread.
  using Answer = std::function<void(Subject)>;

  // patience: after so many intervals without an answer, the thread asks again. A greenlet may be
  // suspended before it answers: `locker` and `thread` have V8 archive its stack, and the interrupt
  // may wait there with it.
  Interrupter(v8::Isolate* isolate, int patience, Ask ask, Answer answer);
  ~Interrupter();
  Interrupter(const Interrupter&) = delete;
  Interrupter& operator=(const Interrupter&) = delete;

  bool running() const { return running_; }

  // False when the system gives no thread. Must not be running.
  bool Start(uint64_t interval_ns);

  // Waits for the thread to end. An interrupt that still comes is not answered.
  void Stop();

 private:
  void Run();

  v8::Isolate* isolate_;
  const int patience_;
  const Ask ask_;
  const Answer answer_;
  uv_thread_t thread_;
  uv_mutex_t mutex_;
  uv_cond_t wake_;
  bool running_ = false;
  bool stopping_ = false;  // under mutex_
  uint64_t interval_ns_ = 0;
  std::atomic<Subject> pending_{kNothing};
};

}  // namespace greenlit

#endif  // GREENLIT_TOOLS_INTERRUPTER_H_
