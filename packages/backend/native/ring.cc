#include "ring_abi.h"

#ifdef GREENLIT_HAS_RING

#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace greenlit {

namespace {

// Entries of the submission queue. More are submitted early.
constexpr uint32_t kSubmissions = 256;
// Of the completion queue: more are kept by the kernel until there is room (FEAT_NODROP).
constexpr uint32_t kCompletions = 4096;
// The id of what nobody waits for: requests to cancel.
constexpr int32_t kNobody = -1;

// What is received goes into few large buffers where the kernel fills them piece by piece, else
// into many small ones, of which each message takes one.
constexpr uint32_t kLargeBuffer = 64 * 1024, kSmallBuffer = 4 * 1024;
// A datagram with its header and address: at most 65,507 bytes are in one of UDP.
constexpr uint32_t kDatagramBuffer = 65 * 1024;
constexpr uint32_t kDatagramBuffers = 8;
static_assert(kDatagramBuffers * kDatagramBuffer <= Ring::kGroupBytes);

struct Operation {
  uint8_t code;
  const char* name;
};
constexpr Operation kOperations[] = {
    {IORING_OP_POLL_ADD, "poll"},   {IORING_OP_ASYNC_CANCEL, "cancel"},
    {IORING_OP_ACCEPT, "accept"},   {IORING_OP_CONNECT, "connect"},
    {IORING_OP_RECV, "recv"},       {IORING_OP_RECVMSG, "recvmsg"},
    {IORING_OP_SENDMSG, "sendmsg"}, {IORING_OP_OPENAT, "openat"},
    {IORING_OP_STATX, "statx"},     {IORING_OP_READ, "read"},
    {IORING_OP_WRITE, "write"},     {IORING_OP_FSYNC, "fsync"},
    {IORING_OP_CLOSE, "close"},
};

template <typename T>
T Load(const T* from) {
  return __atomic_load_n(from, __ATOMIC_ACQUIRE);
}
template <typename T>
void Store(T* to, T value) {
  __atomic_store_n(to, value, __ATOMIC_RELEASE);
}

int Register(int fd, uint32_t what, void* argument, uint32_t count) {
  return static_cast<int>(syscall(__NR_io_uring_register, fd, what, argument, count));
}

// The value of the sysctl; -1 where there is none.
int Disabled() {
  FILE* file = fopen("/proc/sys/kernel/io_uring_disabled", "re");
  int value = -1;
  if (file == nullptr) return value;
  if (fscanf(file, "%d", &value) != 1) value = -1;
  fclose(file);
  return value;
}

std::string WhyNotSetUp(int error) {
  if (error == ENOSYS) {
    return "io_uring_setup: ENOSYS: the kernel was built without io_uring, or a seccomp profile "
           "hides it";
  }
  if (error == EPERM) {
    int disabled = Disabled();
    if (disabled == 2) return "io_uring_setup: EPERM: sysctl kernel.io_uring_disabled is 2";
    if (disabled == 1) {
      return "io_uring_setup: EPERM: sysctl kernel.io_uring_disabled is 1, and the process is "
             "neither privileged nor in kernel.io_uring_group";
    }
    return "io_uring_setup: EPERM: a seccomp profile refuses it, as that of containers does";
  }
  if (error == EINVAL) {
    return "io_uring_setup: EINVAL: the kernel's io_uring is older than that of Linux 5.19";
  }
  if (error == ENOMEM) {
    return "io_uring_setup: ENOMEM: no memory, or RLIMIT_MEMLOCK is too low (ulimit -l)";
  }
  return std::string("io_uring_setup: ") + strerror(error);
}

}  // namespace

ReceiveBuffers::~ReceiveBuffers() {
  if (ring_ != nullptr) munmap(ring_, ring_bytes_);
}

void ReceiveBuffers::Put(uint16_t buffer) {
  // Not `ring_->bufs`: the header's way to declare it puts it 8 bytes too far in C++.
  io_uring_buf* entry = reinterpret_cast<io_uring_buf*>(ring_) + (tail_ & (count_ - 1));
  entry->addr = reinterpret_cast<uint64_t>(memory_ + size_t{buffer} * size_);
  entry->len = size_;
  entry->bid = buffer;
  tail_++;
}

int32_t ReceiveBuffers::Locate(const Completion& completion) {
  auto buffer = static_cast<uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
  uint32_t at = taken_[buffer];
  if (incremental_ && (completion.flags & abi::kBufferMore) != 0) {
    taken_[buffer] = at + static_cast<uint32_t>(std::max(completion.result, 0));
  } else {
    taken_[buffer] = 0;
    used_up_.push_back(buffer);
  }
  return static_cast<int32_t>(buffer * size_ + at);
}

void ReceiveBuffers::Recycle() {
  if (used_up_.empty()) return;
  for (uint16_t buffer : used_up_) Put(buffer);
  used_up_.clear();
  Store(&ring_->tail, static_cast<__u16>(tail_));
}

std::unique_ptr<Ring> Ring::Open(uint32_t without, uint8_t* memory, std::string* why) {
  std::unique_ptr<Ring> ring(new Ring);
  if (!ring->Setup(why) || !ring->Probe(without, why)) return nullptr;
  auto add = [&](uint32_t size, bool incremental) {
    return ring->AddBuffers(kStreams, kGroupBytes / size, size, incremental, memory);
  };
  int failure = (without & kWithoutIncremental) != 0 ? -EINVAL : add(kLargeBuffer, true);
  if (failure < 0) failure = add(kSmallBuffer, false);
  if (failure < 0) {
    *why = std::string("the kernel has no rings of buffers, which came with Linux 5.19: ") +
           strerror(-failure);
    return nullptr;
  }
  ring->multishot_ = (without & kWithoutMultishot) == 0 && ring->TryMultishot();
  return ring;
}

Ring::~Ring() {
  if (cqes_ != nullptr) Drain();
  if (sqes_ != nullptr) munmap(sqes_, sqes_bytes_);
  if (rings_ != nullptr) munmap(rings_, rings_bytes_);
  if (fd_ >= 0) close(fd_);
}

bool Ring::Setup(std::string* why) {
  // COOP_TASKRUN: what has to be done for a completion is done when this thread next enters the
  // kernel, and it is not interrupted for that. SINGLE_ISSUER, which Linux has since 6.0: one
  // thread submits, so less has to be locked.
  //
  // DEFER_TASKRUN is not used. With it the ring's descriptor does not become readable, so it needs
  // an eventfd, and a read of that for each batch; it then came out slower.
  constexpr uint32_t kFlags = IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL |
                              IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG;
  for (uint32_t flags : {kFlags | IORING_SETUP_SINGLE_ISSUER, kFlags}) {
    io_uring_params params = {};
    params.flags = flags;
    params.cq_entries = kCompletions;
    fd_ = static_cast<int>(syscall(__NR_io_uring_setup, kSubmissions, &params));
    if (fd_ >= 0) return Map(params, why);
    if (errno != EINVAL) break;
  }
  *why = WhyNotSetUp(errno);
  return false;
}

bool Ring::Map(const io_uring_params& params, std::string* why) {
  // One mapping for both queues, and no completion is lost when they are full. All kernels have
  // these that know the flags above.
  constexpr uint32_t kNeeded = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP;
  if ((params.features & kNeeded) != kNeeded) {
    *why = "the kernel's io_uring is too old";
    return false;
  }
  rings_bytes_ = std::max<size_t>(params.sq_off.array + params.sq_entries * sizeof(uint32_t),
                                  params.cq_off.cqes + params.cq_entries * sizeof(io_uring_cqe));
  sqes_bytes_ = params.sq_entries * sizeof(io_uring_sqe);
  auto map = [this](size_t bytes, off_t at) {
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_, at);
    return memory == MAP_FAILED ? nullptr : memory;
  };
  rings_ = static_cast<uint8_t*>(map(rings_bytes_, IORING_OFF_SQ_RING));
  if (rings_ != nullptr) sqes_ = static_cast<io_uring_sqe*>(map(sqes_bytes_, IORING_OFF_SQES));
  if (sqes_ == nullptr) {
    *why = std::string("the memory of the ring: ") + strerror(errno);
    return false;
  }
  auto word = [this](uint32_t at) { return reinterpret_cast<uint32_t*>(rings_ + at); };
  sq_head_ = word(params.sq_off.head);
  sq_tail_ = word(params.sq_off.tail);
  sq_flags_ = word(params.sq_off.flags);
  sq_mask_ = *word(params.sq_off.ring_mask);
  sq_entries_ = params.sq_entries;
  sq_next_ = *sq_tail_;
  cq_head_ = word(params.cq_off.head);
  cq_tail_ = word(params.cq_off.tail);
  cq_mask_ = *word(params.cq_off.ring_mask);
  cqes_ = reinterpret_cast<io_uring_cqe*>(rings_ + params.cq_off.cqes);
  // Entry i of the queue is always entry i of the array: nothing here reorders.
  for (uint32_t i = 0; i < sq_entries_; i++) word(params.sq_off.array)[i] = i;
  return true;
}

bool Ring::Probe(uint32_t without, std::string* why) {
  constexpr uint32_t kMost = 256;
  std::vector<uint8_t> memory(sizeof(io_uring_probe) + kMost * sizeof(io_uring_probe_op));
  auto* probe = reinterpret_cast<io_uring_probe*>(memory.data());
  if (Register(fd_, IORING_REGISTER_PROBE, probe, kMost) < 0) {
    *why = std::string("asking which operations there are: ") + strerror(errno);
    return false;
  }
  for (const Operation& operation : kOperations) {
    bool known = operation.code < probe->ops_len &&
                 (probe->ops[operation.code].flags & IO_URING_OP_SUPPORTED) != 0;
    if (known && (without & kWithoutOperations) == 0) continue;
    *why = std::string("the kernel's io_uring has no operation ") + operation.name;
    return false;
  }
  return true;
}

// Cannot be asked for: a kernel that lacks it refuses the flag, or ignores it.
bool Ring::TryMultishot() {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) return false;
  io_uring_sqe* entry = Next(IORING_OP_RECV, pair[0], 0);
  entry->flags = IOSQE_BUFFER_SELECT;
  entry->buf_group = kStreams;
  entry->ioprio = IORING_RECV_MULTISHOT;
  bool works = write(pair[1], "x", 1) == 1 && Enter(1, 0) >= 0;
  if (works) works = (cqes_[*cq_head_ & cq_mask_].flags & IORING_CQE_F_MORE) != 0;
  Settle(0);
  Completion seen[4];
  while (Reap(seen, 4) > 0) {
  }
  Recycle();
  close(pair[0]);
  close(pair[1]);
  return works;
}

int Ring::AddDatagramBuffers(uint8_t* memory) {
  return AddBuffers(kDatagrams, kDatagramBuffers, kDatagramBuffer, false, memory);
}

int Ring::AddBuffers(uint16_t group, uint32_t count, uint32_t size, bool incremental,
                     uint8_t* memory) {
  std::unique_ptr<ReceiveBuffers> made(new ReceiveBuffers);
  made->memory_ = memory;
  made->count_ = count;
  made->size_ = size;
  made->incremental_ = incremental;
  made->taken_.resize(count);
  made->ring_bytes_ = count * sizeof(io_uring_buf);
  void* ring =
      mmap(nullptr, made->ring_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (ring == MAP_FAILED) return -errno;
  made->ring_ = static_cast<io_uring_buf_ring*>(ring);
  io_uring_buf_reg what = {};
  what.ring_addr = reinterpret_cast<uint64_t>(ring);
  what.ring_entries = count;
  what.bgid = group;
  what.pad = incremental ? abi::kBufferRingIncremental : 0;  // called `flags` since Linux 6.4
  if (Register(fd_, IORING_REGISTER_PBUF_RING, &what, 1) < 0) return -errno;
  for (uint32_t i = 0; i < count; i++) made->Put(static_cast<uint16_t>(i));
  Store(&made->ring_->tail, static_cast<__u16>(made->tail_));
  groups_[group] = std::move(made);
  return 0;
}

io_uring_sqe* Ring::Next(uint8_t operation, int fd, int32_t id) {
  // Only a kernel without memory refuses what is queued, and then only for a while.
  while (sq_next_ - Load(sq_head_) >= sq_entries_) {
    if (Submit() < 0) sched_yield();
  }
  io_uring_sqe* entry = &sqes_[sq_next_++ & sq_mask_];
  memset(entry, 0, sizeof *entry);
  entry->opcode = operation;
  entry->fd = fd;
  entry->user_data = static_cast<uint32_t>(id);
  if (id != kNobody) under_way_++;
  return entry;
}

int Ring::Enter(uint32_t to_wait, uint32_t flags) {
  uint32_t to_submit = sq_next_ - Load(sq_head_);
  Store(sq_tail_, sq_next_);
  if (to_wait > 0) flags |= IORING_ENTER_GETEVENTS;
  for (;;) {
    auto entered =
        static_cast<int>(syscall(__NR_io_uring_enter, fd_, to_submit, to_wait, flags, nullptr, 0));
    if (entered >= 0) return entered;
    if (errno != EINTR) return -errno;
    to_submit = sq_next_ - Load(sq_head_);
  }
}

int Ring::Submit() {
  for (;;) {
    bool queued = sq_next_ != Load(sq_head_);
    uint32_t put_off = Load(sq_flags_) & (IORING_SQ_CQ_OVERFLOW | IORING_SQ_TASKRUN);
    if (!queued && put_off == 0) return 0;
    int entered = Enter(0, put_off != 0 ? IORING_ENTER_GETEVENTS : 0);
    if (entered == -EBUSY && Hoard()) continue;
    if (entered < 0) return entered;
    if (sq_next_ == Load(sq_head_)) return 0;
  }
}

bool Ring::Pop(Completion* completion) {
  uint32_t head = *cq_head_;
  if (head == Load(cq_tail_)) return false;
  const io_uring_cqe& entry = cqes_[head & cq_mask_];
  completion->id = static_cast<int32_t>(entry.user_data);
  completion->result = entry.res;
  completion->flags = entry.flags;
  completion->offset = -1;
  Store(cq_head_, head + 1);
  if (completion->id != kNobody && (completion->flags & IORING_CQE_F_MORE) == 0) under_way_--;
  return true;
}

bool Ring::Hoard() {
  size_t before = kept_.size();
  Completion completion;
  while (Pop(&completion)) kept_.push_back(completion);
  return kept_.size() > before;
}

int Ring::Reap(Completion* completions, int capacity) {
  int count = 0;
  while (count < capacity) {
    Completion* next = &completions[count];
    if (!kept_.empty()) {
      *next = kept_.front();
      kept_.pop_front();
    } else if (!Pop(next)) {
      // What did not fit into the queue comes when it is asked for.
      if ((Load(sq_flags_) & IORING_SQ_CQ_OVERFLOW) == 0) break;
      if (Enter(0, IORING_ENTER_GETEVENTS) < 0 || *cq_head_ == Load(cq_tail_)) break;
      continue;
    }
    if (next->id == kNobody) continue;
    OperationMemory* memory = this->memory(next->id);
    if ((next->flags & IORING_CQE_F_BUFFER) != 0) {
      uint16_t group = memory == nullptr ? kStreams : memory->group();
      next->offset = groups_[group]->Locate(*next);
    }
    if (memory != nullptr) {
      if (memory->Continue(this, next)) continue;
      if ((next->flags & IORING_CQE_F_MORE) == 0 && !memory->is_result()) Take(next->id);
    }
    count++;
  }
  return count;
}

void Ring::Recycle() {
  for (auto& group : groups_) {
    if (group != nullptr) group->Recycle();
  }
}

void Ring::Cancel(int32_t id) {
  OperationMemory* memory = this->memory(id);
  if (memory != nullptr) memory->Abandon();
  io_uring_sqe* entry = Next(IORING_OP_ASYNC_CANCEL, -1, kNobody);
  entry->addr = static_cast<uint32_t>(id);
}

void Ring::Settle(int32_t id) {
  auto is_over = [id](const Completion& completion) {
    return completion.id == id && (completion.flags & IORING_CQE_F_MORE) == 0;
  };
  // Completed already, perhaps, and only not yet taken.
  size_t seen = 0;
  auto look = [&] {
    Hoard();
    bool over = false;
    for (; seen < kept_.size(); seen++) over = over || is_over(kept_[seen]);
    return over;
  };
  if (look()) return;
  Cancel(id);
  while (!look()) {
    int entered = Enter(1, IORING_ENTER_GETEVENTS);
    if (entered < 0 && entered != -EBUSY && entered != -EAGAIN) return;
  }
}

void Ring::Drain() {
  Submit();
  if (under_way_ > 0) {
    io_uring_sqe* entry = Next(IORING_OP_ASYNC_CANCEL, -1, kNobody);
    entry->cancel_flags = IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_ANY;
  }
  for (;;) {
    Hoard();
    if (under_way_ == 0) break;
    int entered = Enter(1, IORING_ENTER_GETEVENTS);
    if (entered < 0 && entered != -EBUSY && entered != -EAGAIN) break;
  }
  for (const Completion& completion : kept_) {
    if (completion.id == kNobody) continue;
    OperationMemory* memory = this->memory(completion.id);
    if (memory != nullptr) memory->Discard(completion);
  }
  kept_.clear();
  memories_.clear();
}

void Ring::Keep(int32_t id, std::unique_ptr<OperationMemory> memory) {
  auto at = static_cast<size_t>(id);
  if (at >= memories_.size()) memories_.resize(std::max(at + 1, memories_.size() * 2));
  memories_[at] = std::move(memory);
}

OperationMemory* Ring::memory(int32_t id) const {
  auto at = static_cast<size_t>(id);
  return at < memories_.size() ? memories_[at].get() : nullptr;
}

std::unique_ptr<OperationMemory> Ring::Take(int32_t id) {
  auto at = static_cast<size_t>(id);
  return at < memories_.size() ? std::move(memories_[at]) : nullptr;
}

}  // namespace greenlit

#endif  // GREENLIT_HAS_RING
