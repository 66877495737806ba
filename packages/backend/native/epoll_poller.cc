// epoll(7): each descriptor is registered once, for both directions, edge-triggered. The kernel
// keeps the list of those that became ready; its own descriptor is readable while there are any,
// and that is what libuv waits for.

#include <cerrno>
#include <sys/epoll.h>
#include <unistd.h>

#include "poller.h"

namespace greenlit {

namespace {

static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT && EPOLLPRI == POLLPRI &&
                  EPOLLERR == POLLERR && EPOLLHUP == POLLHUP,
              "FromPoll reads both");

class EpollPoller : public Poller {
 public:
  ~EpollPoller() override {
    if (epoll_ >= 0) close(epoll_);
  }

 protected:
  int Start() override {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) return -errno;
    const int failure = uv_poll_init(loop_, &poll_, epoll_);
    if (failure < 0) return failure;
    Adopt(&poll_);
    return uv_poll_start(&poll_, UV_READABLE, OnReadable);
  }

  int Add(int fd) override {
    epoll_event event = {};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;
    event.data.fd = fd;
    return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
  }

  // A copy of the descriptor, in another process perhaps, would keep the registration alive.
  void Remove(int fd) override { epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr); }

 private:
  static void OnReadable(uv_poll_t* handle, int status, int events) {
    auto* self = static_cast<EpollPoller*>(handle->data);
    epoll_event ready[kBatch];
    // Those that do not fit are there when libuv asks again.
    const int count = epoll_wait(self->epoll_, ready, kBatch, 0);
    for (int i = 0; i < count; i++) self->Report(ready[i].data.fd, FromPoll(ready[i].events));
    self->Deliver();
  }

  int epoll_ = -1;
  uv_poll_t poll_;
};

}  // namespace

Poller* NewEpollPoller() { return new EpollPoller(); }

}  // namespace greenlit
