// libuv's own way: a uv_poll for each descriptor, which runs while somebody waits.

#include <cerrno>

#include "poller.h"

namespace greenlit {

namespace {

class UvPoller : public Poller {
 protected:
  int Add(int fd) override {
    auto* watcher = new Watcher{this, fd, {}};
    const int failure = uv_poll_init(loop_, &watcher->poll, fd);
    if (failure < 0) {
      delete watcher;
      return failure;
    }
    watcher->poll.data = watcher;
    uv_unref(reinterpret_cast<uv_handle_t*>(&watcher->poll));
    if (watchers_.size() <= static_cast<size_t>(fd)) watchers_.resize(fd + 1, nullptr);
    watchers_[fd] = watcher;
    return 0;
  }

  void Want(int fd, int directions) override {
    if (entries_[fd].wanted == directions) return;
    entries_[fd].wanted = directions;
    uv_poll_t* poll = &watchers_[fd]->poll;
    if (directions == 0) {
      uv_poll_stop(poll);
      return;
    }
    const int reading = UV_READABLE | UV_PRIORITIZED | UV_DISCONNECT;
    const int events =
        ((directions & kRead) != 0 ? reading : 0) | ((directions & kWrite) != 0 ? UV_WRITABLE : 0);
    uv_poll_start(poll, events, OnReady);
  }

  void Remove(int fd) override {
    Watcher* watcher = watchers_[fd];
    watchers_[fd] = nullptr;
    CloseHandle(reinterpret_cast<uv_handle_t*>(&watcher->poll), OnWatcherClosed);
  }

  void Stop() override {
    for (size_t fd = 0; fd < watchers_.size(); fd++) {
      if (watchers_[fd] != nullptr) Remove(static_cast<int>(fd));
    }
  }

 private:
  struct Watcher {
    UvPoller* poller;
    int fd;
    uv_poll_t poll;
  };

  static void OnReady(uv_poll_t* handle, int status, int events) {
    auto* watcher = static_cast<Watcher*>(handle->data);
    UvPoller* self = watcher->poller;
    int ready = 0;
    if (status < 0) ready = kRead | kWrite | kEnd;
    if ((events & UV_READABLE) != 0) ready |= kRead;
    if ((events & UV_WRITABLE) != 0) ready |= kWrite;
    if ((events & (UV_DISCONNECT | UV_PRIORITIZED)) != 0) ready |= kRead | kEnd;
    const int fd = watcher->fd;
    // Told to JavaScript in one batch, behind all callbacks like this.
    if (self->Report(fd, ready)) self->Want(fd, self->entries_[fd].wanted & ~ready);
  }

  static void OnWatcherClosed(uv_handle_t* handle) {
    auto* watcher = static_cast<Watcher*>(handle->data);
    UvPoller* self = watcher->poller;
    delete watcher;
    self->HandleIsClosed();
  }

  std::vector<Watcher*> watchers_;  // by descriptor
};

}  // namespace

Poller* NewUvPoller() { return new UvPoller(); }

}  // namespace greenlit
