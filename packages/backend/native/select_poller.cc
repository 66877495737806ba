// select(2): a bit for each descriptor. All bits are copied to the kernel and back, and the kernel
// looks at each, each time. There are FD_SETSIZE of them.

#include "scanner.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/select.h>

#include <algorithm>

namespace greenlit {

namespace {

class SelectPoller : public Scanner {
 public:
  SelectPoller() {
    FD_ZERO(&read_);
    FD_ZERO(&write_);
  }

 protected:
  // The loop's own descriptor is one of the first of a process; but a worker may be started late.
  int Start() override { return uv_backend_fd(loop_) < FD_SETSIZE ? Scanner::Start() : -ERANGE; }

  int Add(int fd) override { return fd < FD_SETSIZE ? 0 : -ERANGE; }

  void Want(int fd, int directions) override {
    int& wanted = entries_[fd].wanted;
    if (wanted == 0 && directions != 0) waiting_++;
    if (wanted != 0 && directions == 0) waiting_--;
    wanted = directions;
    Put(fd, &read_, (directions & kRead) != 0);
    Put(fd, &write_, (directions & kWrite) != 0);
    if (directions != 0) {
      highest_ = std::max(highest_, fd);
    } else {
      while (highest_ >= 0 && entries_[highest_].wanted == 0) highest_--;
    }
  }

  void Remove(int fd) override { Want(fd, 0); }

  bool Waits() const override { return waiting_ > 0; }

  void Scan(int loop, int timeout) override {
    fd_set read = read_;
    fd_set write = write_;
    fd_set urgent = read_;
    FD_SET(loop, &read);
    timeval limit = {timeout / 1000, (timeout % 1000) * 1000};
    const int highest = highest_;
    int count =
        select(std::max(highest, loop) + 1, &read, &write, &urgent, timeout < 0 ? nullptr : &limit);
    if (count < 0 && errno == EBADF) return ReportBroken();
    for (int fd = 0; fd <= highest && count > 0; fd++) {
      int ready = 0;
      if (FD_ISSET(fd, &read)) ready |= kRead;
      if (FD_ISSET(fd, &write)) ready |= kWrite;
      if (FD_ISSET(fd, &urgent)) ready |= kRead | kEnd;
      if (ready == 0 || fd == loop) continue;
      count--;
      ReportWanted(fd, ready);
    }
  }

 private:
  static void Put(int fd, fd_set* set, bool is_in) {
    if (is_in) {
      FD_SET(fd, set);
    } else {
      FD_CLR(fd, set);
    }
  }

  // Somebody else has closed one of them. Select does not say which.
  void ReportBroken() {
    for (int fd = highest_; fd >= 0; fd--) {
      if (entries_[fd].wanted != 0 && fcntl(fd, F_GETFD) < 0) {
        ReportWanted(fd, kRead | kWrite | kEnd);
      }
    }
  }

  fd_set read_;
  fd_set write_;
  int highest_ = -1;
  int waiting_ = 0;
};

}  // namespace

Poller* NewSelectPoller() { return new SelectPoller(); }

}  // namespace greenlit
