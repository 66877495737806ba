// What select and poll share: the kernel has no descriptor that stands for all of them, so libuv
// cannot wait for them. The wait is made here instead, just before libuv would wait, for them and
// for libuv's own descriptor, and no longer than libuv would. An idle handle then tells libuv that
// there is work to do, so that it only looks and does not wait a second time.

#ifndef GREENLIT_SCANNER_H_
#define GREENLIT_SCANNER_H_

#include "poller.h"

namespace greenlit {

class Scanner : public Poller {
 protected:
  int Start() override {
    uv_idle_init(loop_, &idle_);
    Adopt(&idle_);
    return 0;
  }

  void BeforeWait() override {
    // Libuv then waits by itself.
    if (!Waits()) return;
    Scan(uv_backend_fd(loop_), uv_backend_timeout(loop_));
    uv_idle_start(&idle_, [](uv_idle_t*) {});
  }

  void AfterWait() override { uv_idle_stop(&idle_); }

  // Each direction is reported once.
  void ReportWanted(int fd, int ready) {
    const int wanted = entries_[fd].wanted;
    if ((wanted & ready) != 0 && Report(fd, ready)) Want(fd, wanted & ~ready);
  }

  // Whether anything is waited for.
  virtual bool Waits() const = 0;
  // Waits for all that is wanted, and for `loop`; no longer than `timeout` milliseconds, or without
  // end if that is negative.
  virtual void Scan(int loop, int timeout) = 0;

 private:
  uv_idle_t idle_;
};

}  // namespace greenlit

#endif  // GREENLIT_SCANNER_H_
