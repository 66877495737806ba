#include "tools/interrupter.h"

#include <utility>

namespace greenlit {

Interrupter::Interrupter(v8::Isolate* isolate, int patience, Ask ask, Answer answer)
    : isolate_(isolate), patience_(patience), ask_(std::move(ask)), answer_(std::move(answer)) {
  uv_mutex_init(&mutex_);
  uv_cond_init(&wake_);
}

Interrupter::~Interrupter() {
  Stop();
  uv_cond_destroy(&wake_);
  uv_mutex_destroy(&mutex_);
}

bool Interrupter::Start(uint64_t interval_ns) {
  interval_ns_ = interval_ns;
  pending_ = kNothing;
  stopping_ = false;
  auto run = [](void* self) { static_cast<Interrupter*>(self)->Run(); };
  running_ = uv_thread_create(&thread_, run, this) == 0;
  return running_;
}

void Interrupter::Stop() {
  if (!running_) return;
  uv_mutex_lock(&mutex_);
  stopping_ = true;
  uv_cond_signal(&wake_);
  uv_mutex_unlock(&mutex_);
  uv_thread_join(&thread_);
  running_ = false;
  pending_ = kNothing;
}

void Interrupter::Run() {
  auto interrupted = [](v8::Isolate*, void* data) {
    auto* self = static_cast<Interrupter*>(data);
    Subject subject = self->pending_.exchange(kNothing);
    if (subject != kNothing) self->answer_(subject);
  };
  int waited = 0;
  uv_mutex_lock(&mutex_);
  while (!stopping_) {
    uv_cond_timedwait(&wake_, &mutex_, interval_ns_);
    if (stopping_) break;
    Subject pending = pending_;
    Subject subject = ask_(pending);
    if (subject == kNothing || (pending != kNothing && ++waited < patience_)) continue;
    waited = 0;
    // If the pending one has been answered since, the next interval asks.
    if (pending_.compare_exchange_strong(pending, subject)) {
      isolate_->RequestInterrupt(interrupted, this);
    }
  }
  uv_mutex_unlock(&mutex_);
}

}  // namespace greenlit
