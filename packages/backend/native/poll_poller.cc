// poll(2): one array of all descriptors that are waited for; the kernel looks at each, each time.

#include "scanner.h"

#include <poll.h>

namespace greenlit {

namespace {

class PollPoller : public Scanner {
 protected:
  int Add(int fd) override {
    if (places_.size() <= static_cast<size_t>(fd)) places_.resize(fd + 1, 0);
    return 0;
  }

  void Want(int fd, int directions) override {
    entries_[fd].wanted = directions;
    size_t& place = places_[fd];
    if (directions == 0) {
      if (place == 0) return;
      // The last one takes its place.
      set_[place] = set_.back();
      places_[set_[place].fd] = place;
      set_.pop_back();
      place = 0;
      return;
    }
    if (place == 0) {
      place = set_.size();
      set_.push_back({fd, 0, 0});
    }
    set_[place].events = ((directions & kRead) != 0 ? POLLIN | POLLPRI : 0) |
                         ((directions & kWrite) != 0 ? POLLOUT : 0);
  }

  void Remove(int fd) override { Want(fd, 0); }

  bool Waits() const override { return set_.size() > 1; }

  void Scan(int loop, int timeout) override {
    set_[0] = {loop, POLLIN, 0};
    int count = poll(set_.data(), set_.size(), timeout);
    // Backwards: whoever is reported leaves, and the last one, which has been looked at, takes its
    // place.
    for (size_t i = set_.size() - 1; i > 0 && count > 0; i--) {
      const pollfd one = set_[i];
      if (one.revents == 0) continue;
      count--;
      ReportWanted(one.fd, FromPoll(one.revents));
    }
  }

 private:
  // The first place is the loop's.
  std::vector<pollfd> set_ = std::vector<pollfd>(1);
  std::vector<size_t> places_;  // by descriptor; 0: in none
};

}  // namespace

Poller* NewPollPoller() { return new PollPoller(); }

}  // namespace greenlit
