// What a descriptor is ready for, in the words that JavaScript knows.

#ifndef GREENLIT_READINESS_H_
#define GREENLIT_READINESS_H_

#include <poll.h>

namespace greenlit {

// src/readiness.ts has the same numbers.
constexpr int kRead = 1;
constexpr int kWrite = 2;
// The end of the stream, an error, or urgent data: a short read does not mean that nothing is left.
constexpr int kEnd = 4;

#ifdef POLLRDHUP
constexpr short kPollEnd = POLLHUP | POLLERR | POLLRDHUP | POLLPRI;
constexpr short kPollEvents = POLLIN | POLLOUT | POLLRDHUP | POLLPRI;
#else
constexpr short kPollEnd = POLLHUP | POLLERR | POLLPRI;
constexpr short kPollEvents = POLLIN | POLLOUT | POLLPRI;
#endif

// The events of poll(2), which are those of epoll too. Whatever is wrong with a descriptor, a call
// in either direction gets on: it finds out what it is.
inline int FromPoll(int events) {
  int ready = 0;
  if ((events & POLLNVAL) != 0) return kRead | kWrite | kEnd;
  if ((events & (POLLIN | kPollEnd)) != 0) ready |= kRead;
  if ((events & (POLLOUT | POLLHUP | POLLERR)) != 0) ready |= kWrite;
  if ((events & kPollEnd) != 0) ready |= kEnd;
  return ready;
}

}  // namespace greenlit

#endif  // GREENLIT_READINESS_H_
