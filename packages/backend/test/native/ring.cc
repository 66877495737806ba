// The native part of the driver `uring` without Node, so that sanitizers see all of it. The last
// line is `pass`.
#include "ring.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

using greenlit::Completion;
using greenlit::OperationMemory;
using greenlit::Ring;

namespace {

#define CHECK(condition)                                     \
  do {                                                       \
    if (!(condition)) {                                      \
      printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                               \
    }                                                        \
  } while (false)

struct Pair {
  explicit Pair(int type = SOCK_STREAM) {
    CHECK(socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
  }
  ~Pair() {
    close(fds[0]);
    close(fds[1]);
  }
  int fds[2];
};

struct Opened {
  explicit Opened(uint32_t without) : memory(Ring::kGroupBytes) {
    std::string why;
    ring = Ring::Open(without, memory.data(), &why);
    if (ring == nullptr) printf("%s\n", why.c_str());
    CHECK(ring != nullptr);
  }
  std::vector<uint8_t> memory;
  std::unique_ptr<Ring> ring;
};

void Receive(Ring* ring, int32_t id, int fd) {
  io_uring_sqe* entry = ring->Next(IORING_OP_RECV, fd, id);
  entry->flags = IOSQE_BUFFER_SELECT;
  entry->buf_group = Ring::kStreams;
  if (ring->multishot()) entry->ioprio = IORING_RECV_MULTISHOT;
}

// Calls `each` for completions until it returns true.
template <typename Each>
void Until(Ring* ring, Each each) {
  for (bool done = false; !done;) {
    Completion completions[16];
    CHECK(ring->Submit() == 0);
    int count = ring->Reap(completions, 16);
    for (int i = 0; i < count; i++) done = each(completions[i]) || done;
    ring->Recycle();
    if (count > 0 || done) continue;
    pollfd wait = {ring->fd(), POLLIN, 0};
    CHECK(poll(&wait, 1, 20000) != 0);
  }
}

// Much data in pieces of all sizes: each byte arrives once, in order.
void TestStream(uint32_t without) {
  Opened opened(without);
  Pair pair;
  size_t sent = 0, received = 0;
  const size_t kTotal = 3000000;
  std::vector<uint8_t> data(kTotal);
  for (size_t i = 0; i < kTotal; i++) data[i] = static_cast<uint8_t>(i * 7 + i / 251);
  bool armed = false;
  while (received < kTotal) {
    if (!armed) Receive(opened.ring.get(), 7, pair.fds[0]);
    armed = true;
    CHECK(opened.ring->Submit() == 0);
    ssize_t count = write(pair.fds[1], &data[sent], std::min(kTotal - sent, 1 + sent % 9973));
    if (count > 0) sent += static_cast<size_t>(count);
    Completion completions[4];
    int taken = opened.ring->Reap(completions, 4);
    for (int i = 0; i < taken; i++) {
      const Completion& one = completions[i];
      CHECK(one.id == 7);
      if ((one.flags & IORING_CQE_F_MORE) == 0) armed = false;
      if (one.result == -ENOBUFS) continue;
      CHECK(one.result > 0 && one.offset >= 0);
      CHECK(static_cast<size_t>(one.offset + one.result) <= Ring::kGroupBytes);
      CHECK(memcmp(&opened.memory[one.offset], &data[received], one.result) == 0);
      received += static_cast<size_t>(one.result);
    }
    opened.ring->Recycle();
  }
  if (armed) opened.ring->Settle(7);
  CHECK(opened.ring->under_way() == 0);
}

// More operations than the queues hold, and more completions.
void TestQueues(uint32_t without) {
  Opened opened(without);
  for (int32_t id = 0; id < 10000; id++) opened.ring->Next(IORING_OP_NOP, -1, id);
  std::map<int32_t, int> seen;
  Until(opened.ring.get(), [&](const Completion& one) {
    CHECK(one.result == 0);
    seen[one.id]++;
    return seen.size() == 10000;
  });
  for (auto& [id, count] : seen) CHECK(count == 1);
  CHECK(opened.ring->under_way() == 0);
}

// What is settled is over, and what others have completed meanwhile is not lost.
void TestSettle(uint32_t without) {
  Opened opened(without);
  Pair waiting, ready;
  Receive(opened.ring.get(), 1, waiting.fds[0]);
  Receive(opened.ring.get(), 2, ready.fds[0]);
  CHECK(write(ready.fds[1], "data", 4) == 4);
  opened.ring->Settle(1);
  bool cancelled = false, arrived = false;
  Until(opened.ring.get(), [&](const Completion& one) {
    if (one.id == 1) cancelled = one.result == -ECANCELED;
    if (one.id == 2)
      arrived = one.result == 4 && memcmp(&opened.memory[one.offset], "data", 4) == 0;
    return cancelled && arrived;
  });
  // Also what was queued and never submitted.
  Receive(opened.ring.get(), 3, waiting.fds[0]);
  opened.ring->Settle(3);
}

class Counted : public OperationMemory {
 public:
  Counted(int* living, int* discarded) : living_(living), discarded_(discarded) { ++*living_; }
  ~Counted() override { --*living_; }
  void Discard(const Completion& completion) override {
    if (completion.result >= 0) ++*discarded_;
  }

 private:
  int* living_;
  int* discarded_;
};

// A ring that goes with everything under way: no memory is left, nor used afterwards.
void TestDrain(uint32_t without) {
  int living = 0, discarded = 0;
  Pair pairs[20];
  {
    Opened opened(without);
    for (int32_t id = 0; id < 20; id++) {
      if (id % 3 == 0) {
        Receive(opened.ring.get(), id, pairs[id].fds[0]);
      } else {
        opened.ring->Next(IORING_OP_POLL_ADD, pairs[id].fds[0], id)->poll32_events = POLLIN;
      }
      opened.ring->Keep(id, std::make_unique<Counted>(&living, &discarded));
    }
    CHECK(opened.ring->Submit() == 0);
    for (int32_t id = 0; id < 20; id += 4) CHECK(write(pairs[id].fds[1], "x", 1) == 1);
    CHECK(living == 20);
  }
  CHECK(living == 0);
  CHECK(discarded == 5);
}

void TestDatagrams() {
  Opened opened(0);
  if (!opened.ring->multishot()) return;
  std::vector<uint8_t> memory(Ring::kGroupBytes);
  CHECK(opened.ring->AddDatagramBuffers(memory.data()) == 0);
  class Message : public OperationMemory {
   public:
    uint16_t group() const override { return Ring::kDatagrams; }
    msghdr header = {};
  };
  Pair pair(SOCK_DGRAM);
  int got = 0;
  bool armed = false;
  for (int i = 0; i < 100; i++) {
    std::string text(static_cast<size_t>(i * 600), static_cast<char>('a' + i % 26));
    CHECK(write(pair.fds[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    if (!armed) {
      auto message = std::make_unique<Message>();
      message->header.msg_namelen = sizeof(sockaddr_storage);
      io_uring_sqe* entry = opened.ring->Next(IORING_OP_RECVMSG, pair.fds[0], 5);
      entry->addr = reinterpret_cast<uint64_t>(&message->header);
      entry->len = 1;
      entry->flags = IOSQE_BUFFER_SELECT;
      entry->buf_group = Ring::kDatagrams;
      entry->ioprio = IORING_RECV_MULTISHOT;
      opened.ring->Keep(5, std::move(message));
      armed = true;
    }
    Until(opened.ring.get(), [&](const Completion& one) {
      if ((one.flags & IORING_CQE_F_MORE) == 0) armed = false;
      CHECK(one.result >= 0);
      io_uring_recvmsg_out header;
      memcpy(&header, &memory[one.offset], sizeof(header));
      CHECK(header.payloadlen == text.size());
      const uint8_t* data = &memory[one.offset + sizeof(header) + sizeof(sockaddr_storage)];
      CHECK(memcmp(data, text.data(), text.size()) == 0);
      got++;
      return true;
    });
  }
  CHECK(got == 100);
}

int LowestFreeDescriptor() {
  int fd = dup(1);
  close(fd);
  return fd;
}

}  // namespace

int main() {
  int before = LowestFreeDescriptor();
  for (uint32_t without : {0U, 1U, 2U, 3U}) {
    TestStream(without);
    TestQueues(without);
    TestSettle(without);
    TestDrain(without);
  }
  TestDatagrams();
  std::string why;
  std::vector<uint8_t> memory(Ring::kGroupBytes);
  CHECK(Ring::Open(Ring::kWithoutOperations, memory.data(), &why) == nullptr);
  CHECK(why == "the kernel's io_uring has no operation poll");
  CHECK(LowestFreeDescriptor() == before);
  printf("pass\n");
}
