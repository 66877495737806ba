// The kernel's io_uring, by its system calls and shared memory. Knows nothing of JavaScript.
//
//     Next() ─▶ submission queue ─▶ Submit(): one io_uring_enter ─▶ kernel
//     Reap() ◀─ completion queue ◀───────────────────────────────────┘
//
// Every operation has an id, which its completions carry. It is over with the first completion
// without IORING_CQE_F_MORE; until then the kernel may use the memory that it was given, which is
// why memory that belongs to an operation is kept here (`Keep`) and freed by its last completion.
//
// A ring belongs to the thread that opened it.

#ifndef GREENLIT_RING_H_
#define GREENLIT_RING_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "ring_abi.h"

namespace greenlit {

struct Completion {
  int32_t id = 0;
  int32_t result = 0;   // >= 0, or a negated errno
  uint32_t flags = 0;   // IORING_CQE_F_*
  int32_t offset = -1;  // of the data in the memory of its buffers, if it has any
};

class Ring;

// Memory that the kernel may use while an operation is under way.
class OperationMemory {
 public:
  virtual ~OperationMemory() = default;
  // Sees each completion first. Returns true if it has begun a further step of the same operation
  // instead: nobody else hears of this completion then.
  virtual bool Continue(Ring* ring, Completion* completion) { return false; }
  // True if it holds what the operation has come to: it then stays after the last completion,
  // until it is taken.
  virtual bool is_result() const { return false; }
  // The buffers that the operation receives into.
  virtual uint16_t group() const { return 0; }
  // Nobody waits for the operation any more.
  virtual void Abandon() {}
  // A completion that nobody hears of, because the ring goes.
  virtual void Discard(const Completion& completion) {}
};

// Memory for what is received, from which the kernel takes when there is something to put in: an
// idle connection then holds none.
class ReceiveBuffers {
 public:
  ~ReceiveBuffers();
  ReceiveBuffers(const ReceiveBuffers&) = delete;
  ReceiveBuffers& operator=(const ReceiveBuffers&) = delete;

  bool incremental() const { return incremental_; }

 private:
  friend class Ring;
  ReceiveBuffers() = default;
  // Where the data of this completion lies. Notes its buffer for Recycle when it is used up.
  int32_t Locate(const Completion& completion);
  // Gives what is used up back to the kernel.
  void Recycle();
  void Put(uint16_t buffer);

  io_uring_buf_ring* ring_ = nullptr;
  size_t ring_bytes_ = 0;
  uint8_t* memory_ = nullptr;
  uint32_t count_ = 0;  // a power of two
  uint32_t size_ = 0;
  uint16_t tail_ = 0;
  bool incremental_ = false;
  std::vector<uint32_t> taken_;  // bytes of each buffer that hold data already
  std::vector<uint16_t> used_up_;
};

class Ring {
 public:
  // What a ring is to do without, so that a test sees what happens on a kernel that lacks it. Bits.
  enum Without : uint32_t {
    kWithoutMultishot = 1,    // Linux 6.0
    kWithoutIncremental = 2,  // Linux 6.12
    kWithoutOperations = 4,   // as if the kernel named none
  };

  // The groups of receive buffers.
  static constexpr uint16_t kStreams = 0;
  static constexpr uint16_t kDatagrams = 1;
  // The bytes of memory of a group.
  static constexpr size_t kGroupBytes = 1024 * 1024;

  // Returns nothing, with the reason in *why, where the kernel has no io_uring that can be used.
  // memory: of the group kStreams, for as long as there is the ring.
  static std::unique_ptr<Ring> Open(uint32_t without, uint8_t* memory, std::string* why);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // The next entry of the submission queue, zeroed, with operation, descriptor and id filled in.
  // Submits what is queued when it is full.
  io_uring_sqe* Next(uint8_t operation, int fd, int32_t id);

  // Submits what is queued, and has the kernel do work that it has put off. Makes no system call if
  // there is neither. Returns 0 or a negated errno; what is queued is kept then.
  int Submit();

  // Takes up to `capacity` completions.
  int Reap(Completion* completions, int capacity);

  // Gives the buffers of all completions that have been taken back to the kernel: their data is
  // not looked at any more.
  void Recycle();

  // Asks the kernel to end an operation, which then completes with -ECANCELED, or with what it had
  // done, or as if nobody had asked.
  void Cancel(int32_t id);

  // As Cancel, and waits until it has ended: only for operations that end at once, which are those
  // that wait in the kernel for a descriptor to become ready. Reap then has its last completion.
  void Settle(int32_t id);

  // Ends all operations, and waits for them: the kernel uses no memory of anybody's afterwards.
  void Drain();

  // Adds the group kDatagrams. Returns 0 or a negated errno.
  int AddDatagramBuffers(uint8_t* memory);

  // Keeps the memory of an operation until its last completion.
  void Keep(int32_t id, std::unique_ptr<OperationMemory> memory);
  OperationMemory* memory(int32_t id) const;
  // Takes out what an operation has come to.
  std::unique_ptr<OperationMemory> Take(int32_t id);

  int fd() const { return fd_; }
  // True if Reap has completions that the kernel's queue does not.
  bool has_kept() const { return !kept_.empty(); }
  // Operations that are not over.
  int under_way() const { return under_way_; }
  bool multishot() const { return multishot_; }
  bool incremental() const { return groups_[kStreams]->incremental(); }

 private:
  Ring() = default;
  bool Setup(std::string* why);
  bool Map(const io_uring_params& params, std::string* why);
  bool Probe(uint32_t without, std::string* why);
  bool TryMultishot();
  // Adds a group of `count` buffers of `size` bytes. Returns 0 or a negated errno.
  int AddBuffers(uint16_t group, uint32_t count, uint32_t size, bool incremental, uint8_t* memory);
  // Shows the kernel all that is queued. Returns how many it took, or a negated errno.
  int Enter(uint32_t to_wait, uint32_t flags);
  bool Pop(Completion* completion);
  // Takes all completions out of the kernel's queue, for Reap. Returns whether there were any.
  bool Hoard();

  int fd_ = -1;
  bool multishot_ = false;
  uint8_t* rings_ = nullptr;
  size_t rings_bytes_ = 0;
  io_uring_sqe* sqes_ = nullptr;
  size_t sqes_bytes_ = 0;

  uint32_t* sq_tail_ = nullptr;
  uint32_t* sq_head_ = nullptr;
  uint32_t* sq_flags_ = nullptr;
  uint32_t sq_mask_ = 0;
  uint32_t sq_entries_ = 0;
  uint32_t sq_next_ = 0;  // the tail with what is queued and not yet shown to the kernel
  uint32_t* cq_head_ = nullptr;
  uint32_t* cq_tail_ = nullptr;
  uint32_t cq_mask_ = 0;
  io_uring_cqe* cqes_ = nullptr;

  int under_way_ = 0;
  std::deque<Completion> kept_;  // by Hoard, for Reap
  std::unique_ptr<ReceiveBuffers> groups_[2];
  std::vector<std::unique_ptr<OperationMemory>> memories_;  // by id
};

}  // namespace greenlit

#endif  // GREENLIT_RING_H_
