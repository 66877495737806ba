// System calls, as thin as can be: each returns what the call returns, or -errno.

#include <arpa/inet.h>
#include <cerrno>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/epoll.h>
#include <sys/sendfile.h>
#endif

#include <algorithm>
#include <vector>

#include "address.h"
#include "node_api_calls.h"
#include "parts.h"
#include "readiness.h"

namespace greenlit {

namespace {

#ifdef MSG_NOSIGNAL
constexpr int kSendFlags = MSG_NOSIGNAL;
#else
constexpr int kSendFlags = 0;  // Node ignores SIGPIPE
#endif

// What a descriptor is; src/system.ts has the same numbers.
enum Kind { kOther = 0, kTcp = 1, kUnixStream = 2, kDatagram = 3, kOtherSocket = 4 };

// Memory that JavaScript has handed in, and keeps as long as this does.
struct Lent {
  void Take(napi_env env, napi_value value) {
    if (array != nullptr) napi_delete_reference(env, array);
    napi_create_reference(env, value, 1, &array);
    const Memory memory(env, value);
    data = memory.data;
    size = memory.length;
  }

  char* data = nullptr;
  size_t size = 0;
  napi_ref array = nullptr;
};

// What this thread receives into: the slab, and, from there, a pool of which each result is a part
// of its own. Freed with the environment.
struct Receiving {
  Lent slab;
  Lent pool;
};

napi_value Result(napi_env env, int64_t result) {
  return Number(env, result < 0 ? -errno : result);
}

// Sockets made here do not block, and are not inherited.
int MakeCalm(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return -1;
  if ((flags & O_NONBLOCK) == 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return -1;
  return fd;
}

#ifdef SOCK_CLOEXEC
constexpr int kCalm = SOCK_NONBLOCK | SOCK_CLOEXEC;

int Calm(int fd) { return fd; }
#else
constexpr int kCalm = 0;

int Calm(int fd) {
  if (fd < 0) return fd;
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  return MakeCalm(fd);
}
#endif

int Family(int family) { return family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNIX; }

napi_value UseSlab(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  static_cast<Receiving*>(args.data)->slab.Take(env, args.at[0]);
  return nullptr;
}

napi_value UsePool(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  static_cast<Receiving*>(args.data)->pool.Take(env, args.at[0]);
  return nullptr;
}

napi_value Socket(napi_env env, napi_callback_info info) {
  const Arguments<2> args(env, info);
  const int type = args.Int(1) == 2 ? SOCK_DGRAM : SOCK_STREAM;
  return Result(env, Calm(socket(Family(args.Int(0)), type | kCalm, 0)));
}

napi_value SocketPair(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  int fds[2];
  const int type = args.Int(0) == 2 ? SOCK_DGRAM : SOCK_STREAM;
  if (socketpair(AF_UNIX, type | kCalm, 0, fds) < 0) return Number(env, -errno);
  napi_value pair;
  napi_create_array_with_length(env, 2, &pair);
  for (uint32_t i = 0; i < 2; i++) napi_set_element(env, pair, i, Number(env, Calm(fds[i])));
  return pair;
}

napi_value Pipe(napi_env env, napi_callback_info info) {
  int fds[2];
  if (pipe(fds) < 0) return Number(env, -errno);
  napi_value pair;
  napi_create_array_with_length(env, 2, &pair);
  for (uint32_t i = 0; i < 2; i++) {
    fcntl(fds[i], F_SETFD, FD_CLOEXEC);
    MakeCalm(fds[i]);
    napi_set_element(env, pair, i, Number(env, fds[i]));
  }
  return pair;
}

napi_value Bind(napi_env env, napi_callback_info info) {
  const Arguments<2> args(env, info);
  Address address;
  const int wrong = address.Read(env, args.at[1]);
  if (wrong != 0) return Number(env, wrong);
  return Result(env, bind(args.Int(0), address.get(), address.length));
}

napi_value Listen(napi_env env, napi_callback_info info) {
  const Arguments<2> args(env, info);
  return Result(env, listen(args.Int(0), args.Int(1)));
}

napi_value Connect(napi_env env, napi_callback_info info) {
  const Arguments<2> args(env, info);
  Address address;
  const int wrong = address.Read(env, args.at[1]);
  if (wrong != 0) return Number(env, wrong);
  return Result(env, connect(args.Int(0), address.get(), address.length));
}

napi_value Accept(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
#ifdef SOCK_CLOEXEC
  return Result(env, accept4(args.Int(0), nullptr, nullptr, kCalm));
#else
  return Result(env, Calm(accept(args.Int(0), nullptr, nullptr)));
#endif
}

// receive(fd, max, start); a negative start: into the slab alone. Tries the socket's call first:
// most descriptors are sockets. What fits into the pool behind `start` is copied there: to do it in
// JavaScript would take three times as long as the copy.
napi_value Receive(napi_env env, napi_callback_info info) {
  const Arguments<3> args(env, info);
  const auto& [slab, pool] = *static_cast<Receiving*>(args.data);
  const int fd = args.Int(0);
  const size_t size = std::min<size_t>(args.Int(1), slab.size);
  ssize_t count = recv(fd, slab.data, size, 0);
  if (count < 0 && errno == ENOTSOCK) count = read(fd, slab.data, size);
  const int start = args.Int(2);
  if (count > 0 && start >= 0 && start + count <= static_cast<ssize_t>(pool.size))
    memcpy(pool.data + start, slab.data, count);
  return Result(env, count);
}

napi_value ReceiveFrom(napi_env env, napi_callback_info info) {
  const Arguments<2> args(env, info);
  const Lent& slab = static_cast<Receiving*>(args.data)->slab;
  const size_t size = std::min<size_t>(args.Int(1), slab.size);
  Address address;
  const ssize_t count = recvfrom(args.Int(0), slab.data, size, 0, address.get(), &address.length);
  if (count < 0) return Number(env, -errno);
  napi_value result;
  napi_create_array_with_length(env, 2, &result);
  napi_set_element(env, result, 0, Number(env, count));
  napi_set_element(env, result, 1, address.Write(env));
  return result;
}

napi_value Send(napi_env env, napi_callback_info info) {
  const Arguments<3> args(env, info);
  const int fd = args.Int(0);
  const Memory memory(env, args.at[1]);
  const size_t start = args.Int(2);
  if (start > memory.length) return Number(env, -EINVAL);
  const char* data = memory.data + start;
  const size_t size = memory.length - start;
  ssize_t count = send(fd, data, size, kSendFlags);
  if (count < 0 && errno == ENOTSOCK) count = write(fd, data, size);
  return Result(env, count);
}

// Several pieces in one call: from the piece `first` on, of which `start` bytes are gone already.
napi_value SendAll(napi_env env, napi_callback_info info) {
  const Arguments<4> args(env, info);
  constexpr size_t kMost = 64;  // more pieces cost more memory here, and save hardly a call
  iovec pieces[kMost];
  const int fd = args.Int(0);
  uint32_t length = 0;
  napi_get_array_length(env, args.at[1], &length);
  size_t count = 0;
  size_t start = args.Int(3);
  for (uint32_t i = args.Int(2); i < length && count < kMost; i++) {
    napi_value piece;
    napi_get_element(env, args.at[1], i, &piece);
    const Memory memory(env, piece);
    if (start > memory.length) return Number(env, -EINVAL);
    pieces[count++] = {memory.data + start, memory.length - start};
    start = 0;
  }
  msghdr message = {};
  message.msg_iov = pieces;
  message.msg_iovlen = count;
  ssize_t sent = sendmsg(fd, &message, kSendFlags);
  if (sent < 0 && errno == ENOTSOCK) sent = writev(fd, pieces, count);
  return Result(env, sent);
}

napi_value SendTo(napi_env env, napi_callback_info info) {
  const Arguments<3> args(env, info);
  const Memory memory(env, args.at[1]);
  napi_valuetype type;
  napi_typeof(env, args.at[2], &type);
  if (type != napi_object) {
    return Result(env, send(args.Int(0), memory.data, memory.length, kSendFlags));
  }
  Address address;
  const int wrong = address.Read(env, args.at[2]);
  if (wrong != 0) return Number(env, wrong);
  return Result(env, sendto(args.Int(0), memory.data, memory.length, kSendFlags, address.get(),
                            address.length));
}

napi_value SendFile(napi_env env, napi_callback_info info) {
#ifdef __linux__
  const Arguments<4> args(env, info);
  int64_t position = 0;
  int64_t size = 0;
  napi_get_value_int64(env, args.at[2], &position);
  napi_get_value_int64(env, args.at[3], &size);
  off_t from = position;
  return Result(env, sendfile(args.Int(0), args.Int(1), &from, size));
#else
  return Number(env, -ENOSYS);
#endif
}

napi_value Shutdown(napi_env env, napi_callback_info info) {
  const Arguments<2> args(env, info);
  return Result(env, shutdown(args.Int(0), args.Int(1)));
}

napi_value Close(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  return Result(env, close(args.Int(0)));
}

napi_value LocalAddress(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  Address address;
  if (getsockname(args.Int(0), address.get(), &address.length) < 0) return Number(env, -errno);
  return address.Write(env);
}

napi_value RemoteAddress(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  Address address;
  if (getpeername(args.Int(0), address.get(), &address.length) < 0) return Number(env, -errno);
  return address.Write(env);
}

struct Option {
  int level;
  int name;
};

// In the order of OPTIONS in src/system.ts.
constexpr Option kOptions[] = {
    {SOL_SOCKET, SO_REUSEADDR},
    {SOL_SOCKET, SO_REUSEPORT},
    {SOL_SOCKET, SO_KEEPALIVE},
    {SOL_SOCKET, SO_BROADCAST},
    {SOL_SOCKET, SO_RCVBUF},
    {SOL_SOCKET, SO_SNDBUF},
    {SOL_SOCKET, SO_ERROR},
    {IPPROTO_TCP, TCP_NODELAY},
    {IPPROTO_IPV6, IPV6_V6ONLY},
    {IPPROTO_IP, IP_TTL},
    {IPPROTO_IP, IP_MULTICAST_TTL},
    {IPPROTO_IP, IP_MULTICAST_LOOP},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS},
    {IPPROTO_IPV6, IPV6_MULTICAST_HOPS},
    {IPPROTO_IPV6, IPV6_MULTICAST_LOOP},
#ifdef TCP_KEEPIDLE
    {IPPROTO_TCP, TCP_KEEPIDLE},
#else
    {IPPROTO_TCP, TCP_KEEPALIVE},
#endif
    {IPPROTO_TCP, TCP_KEEPINTVL},
    {IPPROTO_TCP, TCP_KEEPCNT},
};

napi_value SetOption(napi_env env, napi_callback_info info) {
  const Arguments<3> args(env, info);
  const Option& option = kOptions[args.Int(1)];
  const int value = args.Int(2);
  return Result(env, setsockopt(args.Int(0), option.level, option.name, &value, sizeof(value)));
}

napi_value GetOption(napi_env env, napi_callback_info info) {
  const Arguments<2> args(env, info);
  const Option& option = kOptions[args.Int(1)];
  int value = 0;
  socklen_t length = sizeof(value);
  if (getsockopt(args.Int(0), option.level, option.name, &value, &length) < 0) {
    return Number(env, -errno);
  }
  return Number(env, value);
}

// Joins or leaves a multicast group; `interface` is an address, or empty for any.
napi_value Membership(napi_env env, napi_callback_info info) {
  const Arguments<4> args(env, info);
  Address group;
  const int wrong = group.Read(env, args.at[1]);
  if (wrong != 0) return Number(env, wrong);
  const bool joins = args.Int(3) != 0;
  char text[INET6_ADDRSTRLEN + IF_NAMESIZE] = "";
  size_t length = 0;
  napi_get_value_string_utf8(env, args.at[2], text, sizeof(text), &length);
  if (group.storage.ss_family == AF_INET) {
    ip_mreq request = {};
    request.imr_multiaddr = reinterpret_cast<sockaddr_in*>(&group.storage)->sin_addr;
    if (length > 0 && inet_pton(AF_INET, text, &request.imr_interface) != 1) {
      return Number(env, -EINVAL);
    }
    return Result(
        env, setsockopt(args.Int(0), IPPROTO_IP, joins ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP,
                        &request, sizeof(request)));
  }
  ipv6_mreq request = {};
  request.ipv6mr_multiaddr = reinterpret_cast<sockaddr_in6*>(&group.storage)->sin6_addr;
  const char* zone = strchr(text, '%');
  request.ipv6mr_interface = zone == nullptr ? 0 : if_nametoindex(zone + 1);
  return Result(env,
                setsockopt(args.Int(0), IPPROTO_IPV6, joins ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP,
                           &request, sizeof(request)));
}

// Makes a descriptor nonblocking, and tells what it is.
napi_value Prepare(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  const int fd = args.Int(0);
  if (MakeCalm(fd) < 0) return Number(env, -errno);
  int type = 0;
  socklen_t length = sizeof(type);
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0) return Number(env, kOther);
  if (type == SOCK_DGRAM) return Number(env, kDatagram);
  sockaddr_storage name;
  length = sizeof(name);
  if (type != SOCK_STREAM || getsockname(fd, reinterpret_cast<sockaddr*>(&name), &length) < 0) {
    return Number(env, kOtherSocket);
  }
  if (name.ss_family == AF_UNIX) return Number(env, kUnixStream);
  const bool is_ip = name.ss_family == AF_INET || name.ss_family == AF_INET6;
  return Number(env, is_ip ? kTcp : kOtherSocket);
}

// What a descriptor is ready for now, without waiting.
napi_value Ready(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  pollfd one = {args.Int(0), kPollEvents, 0};
  const int count = poll(&one, 1, 0);
  if (count < 0) return Number(env, -errno);
  if ((one.revents & POLLNVAL) != 0) return Number(env, -EBADF);
  return Number(env, FromPoll(one.revents));
}

// poll(2) itself, without waiting: descriptors and events in pairs, the answers in their place.
napi_value PollNow(napi_env env, napi_callback_info info) {
  const Arguments<2> args(env, info);
  const Memory memory(env, args.at[0]);
  auto* set = reinterpret_cast<pollfd*>(memory.data);
  return Result(env, poll(set, args.Int(1), 0));
}

napi_value EpollCreate(napi_env env, napi_callback_info info) {
#ifdef __linux__
  return Result(env, epoll_create1(EPOLL_CLOEXEC));
#else
  return Number(env, -ENOSYS);
#endif
}

// epollControl(epoll, operation, fd, events): 1 adds, 2 removes, 3 changes, as in the kernel.
napi_value EpollControl(napi_env env, napi_callback_info info) {
#ifdef __linux__
  const Arguments<4> args(env, info);
  uint32_t events = 0;
  napi_get_value_uint32(env, args.at[3], &events);
  epoll_event event = {};
  event.events = events;
  event.data.fd = args.Int(2);
  return Result(env, epoll_ctl(args.Int(0), args.Int(1), args.Int(2), &event));
#else
  return Number(env, -ENOSYS);
#endif
}

// epollWait(epoll, ready, most), without waiting: descriptors and events in pairs.
napi_value EpollWait(napi_env env, napi_callback_info info) {
#ifdef __linux__
  const Arguments<3> args(env, info);
  auto* pairs = reinterpret_cast<int32_t*>(Memory(env, args.at[1]).data);
  std::vector<epoll_event> ready(args.Int(2));
  const int count = epoll_wait(args.Int(0), ready.data(), args.Int(2), 0);
  for (int i = 0; i < count; i++) {
    pairs[2 * i] = ready[i].data.fd;
    pairs[2 * i + 1] = static_cast<int32_t>(ready[i].events);
  }
  return Result(env, count);
#else
  return Number(env, -ENOSYS);
#endif
}

// How many bytes can be read without waiting.
napi_value Available(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  int count = 0;
  if (ioctl(args.Int(0), FIONREAD, &count) < 0) return Number(env, -errno);
  return Number(env, count);
}

}  // namespace

void AddSystem(napi_env env, napi_value exports) {
  auto* receiving = new Receiving();
  napi_set_instance_data(
      env, receiving, [](napi_env env, void* data, void*) { delete static_cast<Receiving*>(data); },
      nullptr);
  const struct {
    const char* name;
    napi_callback function;
  } functions[] = {
      {"useSlab", UseSlab},
      {"usePool", UsePool},
      {"socket", Socket},
      {"socketPair", SocketPair},
      {"pipe", Pipe},
      {"bind", Bind},
      {"listen", Listen},
      {"connect", Connect},
      {"accept", Accept},
      {"receive", Receive},
      {"receiveFrom", ReceiveFrom},
      {"send", Send},
      {"sendAll", SendAll},
      {"sendTo", SendTo},
      {"sendFile", SendFile},
      {"shutdown", Shutdown},
      {"close", Close},
      {"localAddress", LocalAddress},
      {"remoteAddress", RemoteAddress},
      {"setOption", SetOption},
      {"getOption", GetOption},
      {"membership", Membership},
      {"prepare", Prepare},
      {"ready", Ready},
      {"pollNow", PollNow},
      {"epollCreate", EpollCreate},
      {"epollControl", EpollControl},
      {"epollWait", EpollWait},
      {"available", Available},
  };
  for (const auto& [name, function] : functions)
    AddFunction(env, exports, name, function, receiving);
}

}  // namespace greenlit
