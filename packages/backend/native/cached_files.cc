// Files that are in memory already: what the kernel can say of them without waiting for a disk or
// for another machine; and whole files by one turn of the thread pool, for the others.
// Rules are those of openat2(2) and preadv2(2): RESOLVE_CACHED looks a path up in the cache of
// names alone, RWF_NOWAIT reads what is in the page cache alone; EAGAIN says that it is not there.

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <ctime>
#include <memory>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "node_api_calls.h"
#include "parts.h"

#ifdef __linux__
#include <sys/syscall.h>
#include <sys/vfs.h>
#endif

namespace greenlit {

namespace {

// A larger file is not read on the thread of the caller, even if it is cached: copying takes time.
constexpr off_t kMostAtOnce = 4 * 1024 * 1024;
// As Node: a buffer may not be larger.
constexpr off_t kMost = INT_MAX;
// Of what is not larger a copy costs less than memory with a finalizer.
constexpr size_t kLittle = 16 * 1024;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }

 private:
  int fd_;
};

// The text of a path, if it is one: no zero byte in it, not too long.
class Path {
 public:
  Path(napi_env env, napi_value value) {
    size_t length = 0;
    napi_get_value_string_utf8(env, value, text_, sizeof(text_), &length);
    ok_ = length > 0 && length < sizeof(text_) - 1 && strlen(text_) == length;
  }

  bool ok() const { return ok_; }
  const char* text() const { return text_; }

 private:
  char text_[PATH_MAX + 1];
  bool ok_;
};

#ifdef __linux__

// linux/openat2.h, which older systems lack.
struct OpenHow {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};
constexpr uint64_t kResolveCached = 0x20;
constexpr int kOpenat2 = 437;
#ifndef RWF_NOWAIT
#define RWF_NOWAIT 0x00000008
#endif

// linux/magic.h and the file systems' own headers: what is mounted from this machine's memory or
// disks, and keeps what it knows of an inode in memory.
bool IsLocal(const struct statfs& system) {
  switch (static_cast<uint32_t>(system.f_type)) {
    case 0xEF53:      // ext2, ext3, ext4
    case 0x58465342:  // XFS
    case 0x9123683E:  // Btrfs
    case 0xF2F52010:  // F2FS
    case 0x2FC12FC1:  // ZFS
    case 0xCA451A4E:  // bcachefs
    case 0x794C7630:  // overlayfs
    case 0x01021994:  // tmpfs
    case 0x858458F6:  // ramfs
      return true;
    default:
      return false;
  }
}

bool IsMemory(const struct statfs& system) {
  const uint32_t type = static_cast<uint32_t>(system.f_type);
  return type == 0x01021994 || type == 0x858458F6;
}

int OpenCached(const char* path, int flags) {
  const OpenHow how = {static_cast<uint64_t>(flags | O_CLOEXEC), 0, kResolveCached};
  const long fd = syscall(kOpenat2, AT_FDCWD, path, &how, sizeof(how));
  return static_cast<int>(fd);
}

// The file systems that this thread met last. To ask one what it is may take a message to another
// machine, so it is asked seldom; but the number of a device may be given to another one.
class FileSystems {
 public:
  enum Kind { kRemote, kDisk, kMemory };

  Kind Of(int fd, uint64_t device) {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    for (const Met& one : met_) {
      if (one.device == device && time.tv_sec < one.until) return one.kind;
    }
    struct statfs system;
    Kind kind = kRemote;
    if (fstatfs(fd, &system) == 0 && IsLocal(system)) kind = IsMemory(system) ? kMemory : kDisk;
    met_[next_++ % kMet] = {device, time.tv_sec + kSeconds, kind};
    return kind;
  }

 private:
  static constexpr size_t kMet = 16;
  static constexpr time_t kSeconds = 10;
  struct Met {
    uint64_t device = 0;
    time_t until = 0;
    Kind kind = kRemote;
  };

  Met met_[kMet];
  size_t next_ = 0;
};

// What is known of an inode without asking anybody but this kernel.
struct Look {
  explicit Look(void* systems) : systems(static_cast<FileSystems*>(systems)) {}

  bool At(int fd) {
    struct statx what;
    const int flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    if (statx(fd, "", flags, STATX_TYPE | STATX_SIZE, &what) < 0) return false;
    type = what.stx_mode & S_IFMT;
    size = what.stx_size;
    system = systems->Of(fd, static_cast<uint64_t>(what.stx_dev_major) << 32 | what.stx_dev_minor);
    return true;
  }

  // src/files.ts has the same numbers.
  int Kind() const {
    if (system == FileSystems::kRemote) return 0;
    if (type == S_IFDIR) return 2;
    if (type != S_IFREG) return 3;
    return size <= static_cast<uint64_t>(kMostAtOnce) ? 1 : 5;
  }

  FileSystems* systems;
  uint32_t type = 0;
  uint64_t size = 0;
  FileSystems::Kind system = FileSystems::kRemote;
};

// What the cache of names says for certain, against what only this kernel or its rules refuse.
int KindAfter(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case EACCES:
    case ELOOP:
    case ENAMETOOLONG:
      return 4;
    default:
      return 0;
  }
}

// kindAt(path, flags): what stands there. Flags: 1, of a symbolic link, itself; 2, only if it is
// known without waiting.
napi_value KindAt(napi_env env, napi_callback_info info) {
  const Arguments<2> args(env, info);
  const Path path(env, args.at[0]);
  if (!path.ok()) return Number(env, 0);
  const int flags = (args.Int(1) & 1) != 0 ? O_PATH | O_NOFOLLOW : O_PATH;
  const bool waits = (args.Int(1) & 2) == 0;
  const Descriptor file(waits ? open(path.text(), flags | O_CLOEXEC)
                              : OpenCached(path.text(), flags));
  if (file.get() < 0) return Number(env, KindAfter(errno));
  Look look(args.data);
  return Number(env, look.At(file.get()) ? look.Kind() : 0);
}

// kindOf(fd): what is open there.
napi_value KindOf(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  Look look(args.data);
  return Number(env, look.At(args.Int(0)) ? look.Kind() : 0);
}

// How many bytes were read without waiting: fewer than asked for only at the end of the file.
ssize_t ReadNow(int fd, char* to, size_t size, off_t position, bool is_memory) {
  iovec piece = {to, size};
  ssize_t count = preadv2(fd, &piece, 1, position, RWF_NOWAIT);
  if (count < 0 && errno == EOPNOTSUPP && is_memory) count = preadv(fd, &piece, 1, position);
  return count;
}

// readCached(path, slab, known): how many bytes of the slab are now the whole file; a buffer, if it
// is longer; -1 when not all of it is cached, or it is no file, or too large; -2 when it is known
// that it cannot be opened. Known: a moment ago it was a file of this machine.
napi_value ReadCached(napi_env env, napi_callback_info info) {
  const Arguments<3> args(env, info);
  const Path path(env, args.at[0]);
  if (!path.ok()) return Number(env, -1);
  Look look(args.data);
  if (args.Int(2) == 0) {
    // To open some things has effects, or waits: first a look at what it is.
    const Descriptor name(OpenCached(path.text(), O_PATH));
    if (name.get() < 0) return Number(env, KindAfter(errno) == 0 ? -1 : -2);
    if (!look.At(name.get()) || look.Kind() != 1) return Number(env, -1);
  }
  const Descriptor file(OpenCached(path.text(), O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return Number(env, KindAfter(errno) == 0 ? -1 : -2);
  if (!look.At(file.get()) || look.Kind() != 1) return Number(env, -1);
  const size_t size = look.size;
  const Memory slab(env, args.at[1]);
  char* to = slab.data;
  napi_value buffer = nullptr;
  if (size > slab.length) {
    void* data = nullptr;
    if (napi_create_buffer(env, size, &data, &buffer) != napi_ok) return Number(env, -1);
    to = static_cast<char*>(data);
  }
  size_t have = 0;
  while (have < size) {
    const ssize_t count = ReadNow(file.get(), to + have, size - have, static_cast<off_t>(have),
                                  look.system == FileSystems::kMemory);
    // Also when it has become shorter meanwhile: who reads anew sees one state or the other.
    if (count <= 0) return Number(env, -1);
    have += static_cast<size_t>(count);
  }
  return buffer == nullptr ? Number(env, static_cast<int64_t>(size)) : buffer;
}

// readNow(fd, buffer, offset, length, position): how many bytes read(2) gives, without waiting;
// position -1: where the file stands. -1, and nothing has happened: only by waiting.
napi_value ReadDescriptor(napi_env env, napi_callback_info info) {
  const Arguments<5> args(env, info);
  const int fd = args.Int(0);
  int64_t position = -1;
  napi_get_value_int64(env, args.at[4], &position);
  char* to = Memory(env, args.at[1]).data + args.Int(2);
  const size_t size = static_cast<size_t>(args.Int(3));
  const ssize_t count = ReadNow(fd, to, size, static_cast<off_t>(position), false);
  if (count < 0) return Number(env, -1);
  Look look(args.data);
  // Of what is no file, read(2) gives what there is.
  if (static_cast<size_t>(count) == size || !look.At(fd) || look.type != S_IFREG) {
    return Number(env, count);
  }
  const off_t end = position < 0 ? lseek(fd, 0, SEEK_CUR) : static_cast<off_t>(position) + count;
  if (end >= static_cast<off_t>(look.size)) return Number(env, count);
  // The rest is not cached.
  if (position < 0) lseek(fd, -static_cast<off_t>(count), SEEK_CUR);
  return Number(env, -1);
}

#else

struct FileSystems {};

napi_value Unknown(napi_env env, napi_callback_info info) { return Number(env, 0); }
napi_value NotNow(napi_env env, napi_callback_info info) { return Number(env, -1); }
constexpr napi_callback KindAt = Unknown;
constexpr napi_callback KindOf = Unknown;
constexpr napi_callback ReadCached = NotNow;
constexpr napi_callback ReadDescriptor = NotNow;

#endif  // __linux__

// A whole file, read in one turn of the thread pool.
struct Reading {
  explicit Reading(const char* path) : path(strdup(path)) {}
  ~Reading() {
    free(path);
    free(data);
  }

  // The same calls that Node's readFileSync makes, in their order.
  void Run() {
    struct stat stat;
    error = EAGAIN;
    // Who opens a pipe, even for a moment, is taken for its reader.
    if (::stat(path, &stat) < 0 || !S_ISREG(stat.st_mode)) return;
    const Descriptor file(open(path, O_RDONLY | O_CLOEXEC));
    if (file.get() < 0 || fstat(file.get(), &stat) < 0) return;
    // What has no size is read until it ends, and what is too large has a message of its own.
    if (!S_ISREG(stat.st_mode) || stat.st_size == 0 || stat.st_size > kMost) return;
    data = static_cast<char*>(malloc(static_cast<size_t>(stat.st_size)));
    if (data == nullptr) return;
    while (size < static_cast<size_t>(stat.st_size)) {
      const ssize_t count = read(file.get(), data + size, static_cast<size_t>(stat.st_size) - size);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return;
      if (count == 0) break;
      size += static_cast<size_t>(count);
    }
    error = 0;
  }

  char* path;
  char* data = nullptr;
  size_t size = 0;
  int error = 0;
  napi_async_work work = nullptr;
  napi_ref callback = nullptr;
};

void Finish(napi_env env, napi_status status, void* data) {
  const std::unique_ptr<Reading> reading(static_cast<Reading*>(data));
  napi_delete_async_work(env, reading->work);
  napi_value callback;
  napi_get_reference_value(env, reading->callback, &callback);
  napi_delete_reference(env, reading->callback);
  if (status == napi_cancelled) return;
  napi_value result = nullptr;
  if (reading->error == 0) {
    const auto release = [](napi_env, void* bytes, void*) { free(bytes); };
    char* bytes = reading->data;
    if (reading->size > kLittle && napi_create_external_buffer(env, reading->size, bytes, release,
                                                               nullptr, &result) == napi_ok) {
      reading->data = nullptr;
    } else {
      // Also where memory may not be handed over.
      napi_create_buffer_copy(env, reading->size, bytes, nullptr, &result);
    }
  } else {
    result = Number(env, -reading->error);
  }
  napi_value nothing;
  napi_get_undefined(env, &nothing);
  napi_call_function(env, nothing, callback, 1, &result, nullptr);
}

// readWhole(path, callback): calls back with a buffer; with a number where Node has to do it.
// Returns -1, and calls nothing back, if the path is none.
napi_value ReadWhole(napi_env env, napi_callback_info info) {
  const Arguments<2> args(env, info);
  const Path path(env, args.at[0]);
  if (!path.ok()) return Number(env, -1);
  auto* reading = new Reading(path.text());
  napi_value name;
  napi_create_string_utf8(env, "greenlit:readFile", NAPI_AUTO_LENGTH, &name);
  napi_create_reference(env, args.at[1], 1, &reading->callback);
  const auto run = [](napi_env, void* data) { static_cast<Reading*>(data)->Run(); };
  napi_create_async_work(env, nullptr, name, run, Finish, reading, &reading->work);
  napi_queue_async_work(env, reading->work);
  return Number(env, 0);
}

}  // namespace

void AddCachedFiles(napi_env env, napi_value exports) {
  const struct {
    const char* name;
    napi_callback function;
  } functions[] = {
      {"kindAt", KindAt},          {"kindOf", KindOf},       {"readCached", ReadCached},
      {"readNow", ReadDescriptor}, {"readWhole", ReadWhole},
  };
  auto* systems = new FileSystems;
  napi_add_env_cleanup_hook(
      env, [](void* data) { delete static_cast<FileSystems*>(data); }, systems);
  for (const auto& one : functions) AddFunction(env, exports, one.name, one.function, systems);
}

}  // namespace greenlit
