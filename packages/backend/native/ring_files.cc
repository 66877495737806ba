// Files by completion: the kernel does the work, where it would have to wait in threads of its own.

#include "ring_abi.h"

#ifdef GREENLIT_HAS_RING

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>

#include "node_api_calls.h"
#include "ring_loop.h"

namespace greenlit {

namespace {

RingLoop* Self(const void* data) { return static_cast<RingLoop*>(const_cast<void*>(data)); }

// A path comes as a Uint8Array without zero bytes.
std::string Path(napi_env env, napi_value value) {
  const Memory memory(env, value);
  return std::string(memory.data, memory.length);
}

// The position of a read or write: -1 is where the file stands.
uint64_t Position(napi_env env, napi_value value) {
  int64_t position = -1;
  napi_get_value_int64(env, value, &position);
  return static_cast<uint64_t>(position);
}

class PathMemory : public OperationMemory {
 public:
  explicit PathMemory(std::string path) : path_(std::move(path)) {}
  uint64_t path() const { return reinterpret_cast<uint64_t>(path_.c_str()); }

 private:
  std::string path_;
};

// Opens a file. The kernel first tries with O_NONBLOCK, so as not to wait in this thread, and a
// FIFO is then open though nobody has the other end, or cannot be opened, where open(2) would wait.
class OpenMemory : public PathMemory {
 public:
  OpenMemory(RingLoop* loop, std::string path, int flags, int mode)
      : PathMemory(std::move(path)), loop_(loop), flags_(flags), mode_(mode) {}
  ~OpenMemory() override {
    if (too_early_ >= 0) close(too_early_);
  }

  void Abandon() override { abandoned_ = true; }
  void Discard(const Completion& completion) override {
    if (completion.result >= 0) close(completion.result);
  }

  void Queue(Ring* ring, int32_t id, uint8_t how = 0) {
    io_uring_sqe* entry = ring->Next(IORING_OP_OPENAT, AT_FDCWD, id);
    entry->addr = path();
    entry->open_flags = static_cast<uint32_t>(flags_ | O_CLOEXEC);
    entry->len = static_cast<uint32_t>(mode_);
    entry->flags = how;
  }

  bool Continue(Ring* ring, Completion* completion) override {
    struct stat stat = {};
    if (completion->result >= 0) fstat(completion->result, &stat);
    if (IsTooEarly(*completion, stat)) return Again(ring, completion);
    if (completion->result >= 0) loop_->Own(completion->result);
    return false;
  }

 protected:
  // stat: of what it has opened.
  bool IsTooEarly(const Completion& completion, const struct stat& stat) const {
    if ((flags_ & O_NONBLOCK) != 0 || is_patient_ || abandoned_) return false;
    if (completion.result < 0) return completion.result == -ENXIO;
    if (!S_ISFIFO(stat.st_mode) || (flags_ & O_ACCMODE) != O_RDONLY) return false;
    pollfd there = {completion.result, POLLIN, 0};
    return poll(&there, 1, 0) == 0;
  }

  // As open(2), in a thread of the kernel's. Whoever opens the other end meanwhile finds this one.
  bool Again(Ring* ring, Completion* completion) {
    is_patient_ = true;
    too_early_ = completion->result;
    Queue(ring, completion->id, IOSQE_ASYNC);
    return true;
  }

  bool abandoned_ = false;

 private:
  RingLoop* loop_;
  int flags_;
  int mode_;
  bool is_patient_ = false;
  int too_early_ = -1;
};

class StatMemory : public PathMemory {
 public:
  using PathMemory::PathMemory;
  bool is_result() const override { return !abandoned_; }
  void Abandon() override { abandoned_ = true; }

  struct statx stat = {};

 private:
  bool abandoned_ = false;
};

// All of a file: opens it, reads it, closes it. Its size is not asked for by an operation: of an
// open file the kernel has it at hand.
class WholeFile : public OpenMemory {
 public:
  // What it was doing when it failed; src/ring-files.ts has the same numbers.
  enum Step { kOpen = 0, kStat = 1, kRead = 2, kTooLarge = 3 };

  WholeFile(RingLoop* loop, std::string path, int flags)
      : OpenMemory(loop, std::move(path), flags, 0), env_(loop->env()) {}
  ~WholeFile() override {
    if (fd_ >= 0) close(fd_);
    if (buffer_ != nullptr) napi_delete_reference(env_, buffer_);
  }

  bool is_result() const override { return !abandoned_; }
  void Discard(const Completion& completion) override {
    if (step_ == kOpen) OpenMemory::Discard(completion);
  }

  bool Continue(Ring* ring, Completion* completion) override {
    bool goes_on = Advance(ring, completion);
    if (goes_on) return true;
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
    completion->offset = step_;
    if (completion->result >= 0) completion->result = static_cast<int32_t>(length_);
    return false;
  }

  // What was read.
  napi_value Result() {
    napi_value buffer = nullptr;
    if (buffer_ == nullptr) {
      napi_create_buffer_copy(env_, length_, bytes_.data(), nullptr, &buffer);
    } else {
      napi_get_reference_value(env_, buffer_, &buffer);
    }
    return buffer;
  }

  int64_t size() const { return size_; }

 private:
  // Node reads no more at once, and no larger file.
  static constexpr int64_t kMost = 0x7fffffff;
  // For files that do not tell their size, as in /proc.
  static constexpr size_t kPiece = 64 * 1024;

  bool Advance(Ring* ring, Completion* completion) {
    if (step_ == kOpen) {
      struct stat stat = {};
      fd_ = completion->result;
      if (fd_ >= 0 && fstat(fd_, &stat) < 0) {
        step_ = kStat;
        completion->result = -errno;
        return false;
      }
      if (IsTooEarly(*completion, stat)) {
        fd_ = -1;
        return Again(ring, completion);
      }
      if (fd_ < 0 || abandoned_ || !Prepare(stat, completion)) return false;
    } else if (completion->result == -EINTR || completion->result == -EAGAIN) {
      if (abandoned_) return false;
    } else {
      if (completion->result < 0) return false;
      length_ += static_cast<size_t>(completion->result);
      const bool is_full = size_ > 0 && length_ == static_cast<size_t>(size_);
      if (completion->result == 0 || is_full || abandoned_) return false;
    }
    Read(ring, completion->id);
    return true;
  }

  bool Prepare(const struct stat& stat, Completion* completion) {
    size_ = S_ISREG(stat.st_mode) ? stat.st_size : 0;
    if (size_ > kMost) {
      step_ = kTooLarge;
      completion->result = -EFBIG;
      return false;
    }
    step_ = kRead;
    if (size_ == 0) return true;
    napi_handle_scope scope;
    napi_open_handle_scope(env_, &scope);
    napi_value buffer;
    void* data;
    const bool made = napi_create_buffer(env_, size_, &data, &buffer) == napi_ok &&
                      napi_create_reference(env_, buffer, 1, &buffer_) == napi_ok;
    napi_close_handle_scope(env_, scope);
    if (made) data_ = static_cast<uint8_t*>(data);
    if (!made) completion->result = -ENOMEM;
    return made;
  }

  void Read(Ring* ring, int32_t id) {
    size_t room = static_cast<size_t>(size_) - length_;
    uint8_t* to = data_ + length_;
    if (size_ == 0) {
      if (bytes_.size() - length_ < kPiece) bytes_.resize(std::max(2 * bytes_.size(), kPiece));
      to = bytes_.data() + length_;
      room = bytes_.size() - length_;
    }
    io_uring_sqe* entry = ring->Next(IORING_OP_READ, fd_, id);
    entry->addr = reinterpret_cast<uint64_t>(to);
    entry->len = static_cast<uint32_t>(std::min<size_t>(room, kMost));
    entry->off = static_cast<uint64_t>(-1);
  }

  napi_env env_;
  int32_t step_ = kOpen;
  int fd_ = -1;
  int64_t size_ = 0;
  size_t length_ = 0;
  uint8_t* data_ = nullptr;
  napi_ref buffer_ = nullptr;   // of a file whose size is known
  std::vector<uint8_t> bytes_;  // of one whose size is not
};

void Begin(RingLoop* loop, int32_t id, std::unique_ptr<OpenMemory> memory) {
  Ring* ring = loop->ring();
  memory->Queue(ring, id);
  ring->Keep(id, std::move(memory));
}

// open(id, path, flags, mode)
napi_value Open(napi_env env, napi_callback_info info) {
  const Arguments<4> args(env, info);
  RingLoop* loop = Self(args.data);
  Begin(loop, args.Int(0),
        std::make_unique<OpenMemory>(loop, Path(env, args.at[1]), args.Int(2), args.Int(3)));
  return nullptr;
}

// readFile(id, path, flags)
napi_value ReadFile(napi_env env, napi_callback_info info) {
  const Arguments<3> args(env, info);
  RingLoop* loop = Self(args.data);
  Begin(loop, args.Int(0), std::make_unique<WholeFile>(loop, Path(env, args.at[1]), args.Int(2)));
  return nullptr;
}

std::unique_ptr<OperationMemory> Take(const Arguments<2>& args) {
  return Self(args.data)->ring()->Take(args.Int(0));
}

// drop(id): frees what an operation has come to, which nobody wants.
napi_value Drop(napi_env env, napi_callback_info info) {
  Take(Arguments<2>(env, info));
  return nullptr;
}

// takeFile(id): what readFile has read.
napi_value TakeFile(napi_env env, napi_callback_info info) {
  auto memory = Take(Arguments<2>(env, info));
  return static_cast<WholeFile*>(memory.get())->Result();
}

// tooLarge(id): the size of the file that readFile has not read.
napi_value TooLarge(napi_env env, napi_callback_info info) {
  auto memory = Take(Arguments<2>(env, info));
  return Number(env, static_cast<WholeFile*>(memory.get())->size());
}

// stat(id, fd, path, flags): of the descriptor if the path is empty.
napi_value Stat(napi_env env, napi_callback_info info) {
  const Arguments<4> args(env, info);
  Ring* ring = Self(args.data)->ring();
  auto memory = std::make_unique<StatMemory>(Path(env, args.at[2]));
  io_uring_sqe* entry = ring->Next(IORING_OP_STATX, args.Int(1), args.Int(0));
  entry->addr = memory->path();
  entry->len = STATX_BASIC_STATS | STATX_BTIME;
  entry->off = reinterpret_cast<uint64_t>(&memory->stat);
  entry->statx_flags = static_cast<uint32_t>(args.Int(3));
  ring->Keep(args.Int(0), std::move(memory));
  return nullptr;
}

// takeStat(id, values): 18 numbers in the order of libuv's uv_stat_t, without its flags and gen.
napi_value TakeStat(napi_env env, napi_callback_info info) {
  const Arguments<2> args(env, info);
  auto memory = Take(args);
  const struct statx& stat = static_cast<StatMemory*>(memory.get())->stat;
  auto* values = reinterpret_cast<double*>(Memory(env, args.at[1]).data);
  const double all[] = {
      static_cast<double>(makedev(stat.stx_dev_major, stat.stx_dev_minor)),
      static_cast<double>(stat.stx_mode),
      static_cast<double>(stat.stx_nlink),
      static_cast<double>(stat.stx_uid),
      static_cast<double>(stat.stx_gid),
      static_cast<double>(makedev(stat.stx_rdev_major, stat.stx_rdev_minor)),
      static_cast<double>(stat.stx_blksize),
      static_cast<double>(stat.stx_ino),
      static_cast<double>(stat.stx_size),
      static_cast<double>(stat.stx_blocks),
      static_cast<double>(stat.stx_atime.tv_sec),
      static_cast<double>(stat.stx_atime.tv_nsec),
      static_cast<double>(stat.stx_mtime.tv_sec),
      static_cast<double>(stat.stx_mtime.tv_nsec),
      static_cast<double>(stat.stx_ctime.tv_sec),
      static_cast<double>(stat.stx_ctime.tv_nsec),
      static_cast<double>(stat.stx_btime.tv_sec),
      static_cast<double>(stat.stx_btime.tv_nsec),
  };
  memcpy(values, all, sizeof(all));
  return nullptr;
}

// read(id, fd, buffer, offset, length, position), and write.
napi_value Transfer(napi_env env, napi_callback_info info, uint8_t operation) {
  const Arguments<6> args(env, info);
  io_uring_sqe* entry = Self(args.data)->ring()->Next(operation, args.Int(1), args.Int(0));
  entry->addr = reinterpret_cast<uint64_t>(Memory(env, args.at[2]).data + args.Int(3));
  entry->len = static_cast<uint32_t>(args.Int(4));
  entry->off = Position(env, args.at[5]);
  return nullptr;
}

napi_value Read(napi_env env, napi_callback_info info) {
  return Transfer(env, info, IORING_OP_READ);
}

napi_value Write(napi_env env, napi_callback_info info) {
  return Transfer(env, info, IORING_OP_WRITE);
}

// sync(id, fd, only the data)
napi_value Sync(napi_env env, napi_callback_info info) {
  const Arguments<3> args(env, info);
  io_uring_sqe* entry = Self(args.data)->ring()->Next(IORING_OP_FSYNC, args.Int(1), args.Int(0));
  if (args.Int(2) != 0) entry->fsync_flags = IORING_FSYNC_DATASYNC;
  return nullptr;
}

// closeFile(id, fd)
napi_value CloseFile(napi_env env, napi_callback_info info) {
  const Arguments<2> args(env, info);
  Self(args.data)->ring()->Next(IORING_OP_CLOSE, args.Int(1), args.Int(0));
  return nullptr;
}

}  // namespace

void AddFileOperations(napi_env env, napi_value object, RingLoop* loop) {
  const struct {
    const char* name;
    napi_callback function;
  } functions[] = {
      {"open", Open},         {"readFile", ReadFile},   {"drop", Drop},
      {"takeFile", TakeFile}, {"tooLarge", TooLarge},   {"stat", Stat},
      {"takeStat", TakeStat}, {"read", Read},           {"write", Write},
      {"sync", Sync},         {"closeFile", CloseFile},
  };
  for (const auto& one : functions) AddFunction(env, object, one.name, one.function, loop);
}

}  // namespace greenlit

#endif  // GREENLIT_HAS_RING
