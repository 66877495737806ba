#include "ring_abi.h"

#ifdef GREENLIT_HAS_RING

#include "ring_loop.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "address.h"
#include "node_api_calls.h"
#include "parts.h"
#include "readiness.h"

namespace greenlit {

namespace {

// Numbers of a completion in the shared array; src/ring.ts has the same.
constexpr size_t kFields = 4;
static_assert(sizeof(Completion) == kFields * sizeof(int32_t), "the array is one of Completions");
// How many batches may follow each other before the rest of the loop has its turn.
constexpr int kBatches = 8;

}  // namespace

int RingLoop::Open(napi_env env, const RingArrays& arrays) {
  env_ = env;
  uv_loop_t* loop;
  napi_get_uv_event_loop(env, &loop);
  const int failure = uv_poll_init(loop, &poll_, ring_->fd());
  if (failure < 0) return failure;
  const Memory completions(env, arrays.completions);
  completions_ = reinterpret_cast<Completion*>(completions.data);
  capacity_ = static_cast<int>(completions.length / kFields);
  control_ = reinterpret_cast<int32_t*>(Memory(env, arrays.control).data);
  for (napi_value array : {arrays.completions, arrays.control, arrays.streams}) Keep(array);
  deliverer_.Open(env, arrays.scopes, arrays.deliver);
  poll_.data = prepare_.data = this;
  open_handles_ = 2;
  uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t* handle, int status, int events) {
    static_cast<RingLoop*>(handle->data)->Deliver();
  });
  uv_unref(reinterpret_cast<uv_handle_t*>(&poll_));
  uv_prepare_init(loop, &prepare_);
  uv_prepare_start(
      &prepare_, [](uv_prepare_t* handle) { static_cast<RingLoop*>(handle->data)->BeforeSleep(); });
  uv_unref(reinterpret_cast<uv_handle_t*>(&prepare_));
  napi_add_async_cleanup_hook(env, OnCleanup, this, &cleanup_);
  return 0;
}

void RingLoop::Keep(napi_value array) {
  napi_ref reference;
  napi_create_reference(env_, array, 1, &reference);
  arrays_.push_back(reference);
}

void RingLoop::Hold() {
  uv_ref(reinterpret_cast<uv_handle_t*>(&prepare_));
  control_[kHeld] = 1;
}

int RingLoop::Reap() {
  ring_->Recycle();
  return ring_->Reap(completions_, capacity_);
}

int RingLoop::AddDatagramBuffers(napi_value memory) {
  Keep(memory);
  return ring_->AddDatagramBuffers(reinterpret_cast<uint8_t*>(Memory(env_, memory).data));
}

void RingLoop::Own(int fd) {
  if (owned_.size() <= static_cast<size_t>(fd)) owned_.resize(fd + 1);
  owned_[fd] = true;
}

void RingLoop::Disown(int fd) { owned_[fd] = false; }

void RingLoop::BeforeSleep() {
  if (control_[kHeld] != 0 && control_[kWaiting] == 0) {
    uv_unref(reinterpret_cast<uv_handle_t*>(&prepare_));
    control_[kHeld] = 0;
  }
  ring_->Submit();
  // Nobody would wake the loop for them.
  if (ring_->has_kept()) Deliver();
}

// What is queued meanwhile is submitted at once, and often done at once: then it is the next batch.
void RingLoop::Deliver() {
  for (int batch = 0; batch < kBatches; batch++) {
    const int count = Reap();
    if (count == 0) break;
    deliveries_++;
    deliverer_.Call(count);
    if (closing_) return;
    ring_->Recycle();
    ring_->Submit();
  }
}

void RingLoop::Close() {
  if (closing_) return;
  // The kernel must be done with all memory before somebody frees it.
  ring_->Drain();
  deliverer_.Close();
  for (napi_ref array : arrays_) napi_delete_reference(env_, array);
  CloseHandles();
}

// The environment goes, and this with it: a worker ends, or is terminated. Nobody is left who could
// close the descriptors.
void RingLoop::OnCleanup(napi_async_cleanup_hook_handle handle, void* data) {
  auto* self = static_cast<RingLoop*>(data);
  if (self->closing_) return;
  self->ring_->Drain();
  for (size_t fd = 0; fd < self->owned_.size(); fd++) {
    if (self->owned_[fd]) close(static_cast<int>(fd));
  }
  self->CloseHandles();
}

void RingLoop::CloseHandles() {
  closing_ = true;
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), OnClosed);
  uv_close(reinterpret_cast<uv_handle_t*>(&prepare_), OnClosed);
  ring_.reset();
}

void RingLoop::OnClosed(uv_handle_t* handle) {
  auto* self = static_cast<RingLoop*>(handle->data);
  if (--self->open_handles_ > 0) return;
  napi_remove_async_cleanup_hook(self->cleanup_);
  delete self;
}

namespace {

RingLoop* Self(const void* data) { return static_cast<RingLoop*>(const_cast<void*>(data)); }

// An address, and the pieces of a message, of connect, sendmsg and recvmsg.
class MessageMemory : public OperationMemory {
 public:
  uint16_t group() const override { return Ring::kDatagrams; }

  Address address;
  msghdr message = {};
  std::vector<iovec> pieces;
};

// Of accept: what is accepted has to be closed by somebody.
class AcceptMemory : public OperationMemory {
 public:
  explicit AcceptMemory(RingLoop* loop) : loop_(loop) {}
  bool Continue(Ring* ring, Completion* completion) override {
    if (completion->result >= 0) loop_->Own(completion->result);
    return false;
  }
  void Discard(const Completion& completion) override {
    if (completion.result >= 0) close(completion.result);
  }

 private:
  RingLoop* loop_;
};

napi_value Hold(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  Self(args.data)->Hold();
  return nullptr;
}

napi_value Reap(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  return Number(env, Self(args.data)->Reap());
}

napi_value Submit(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  return Number(env, Self(args.data)->ring()->Submit());
}

napi_value Cancel(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  Self(args.data)->ring()->Cancel(args.Int(0));
  return nullptr;
}

napi_value Settle(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  Self(args.data)->ring()->Settle(args.Int(0));
  return nullptr;
}

napi_value UnderWay(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  return Number(env, Self(args.data)->ring()->under_way());
}

napi_value Deliveries(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  return Number(env, Self(args.data)->deliveries());
}

// register(fd): owns it, unless nobody can wait for it. 0 or -errno.
napi_value Register(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  const int fd = args.Int(0);
  struct stat stat;
  if (fstat(fd, &stat) < 0) return Number(env, -errno);
  if (S_ISREG(stat.st_mode) || S_ISDIR(stat.st_mode)) return Number(env, -EPERM);
  Self(args.data)->Own(fd);
  return Number(env, 0);
}

napi_value Disown(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  Self(args.data)->Disown(args.Int(0));
  return nullptr;
}

napi_value AddDatagramBuffers(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  return Number(env, Self(args.data)->AddDatagramBuffers(args.at[0]));
}

napi_value Close(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  Self(args.data)->Close();
  return nullptr;
}

// accept(id, fd)
napi_value Accept(napi_env env, napi_callback_info info) {
  const Arguments<2> args(env, info);
  RingLoop* loop = Self(args.data);
  Ring* ring = loop->ring();
  io_uring_sqe* entry = ring->Next(IORING_OP_ACCEPT, args.Int(1), args.Int(0));
  entry->accept_flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
  if (ring->multishot()) entry->ioprio = IORING_ACCEPT_MULTISHOT;
  ring->Keep(args.Int(0), std::make_unique<AcceptMemory>(loop));
  return nullptr;
}

// receive(id, fd)
napi_value Receive(napi_env env, napi_callback_info info) {
  const Arguments<2> args(env, info);
  Ring* ring = Self(args.data)->ring();
  io_uring_sqe* entry = ring->Next(IORING_OP_RECV, args.Int(1), args.Int(0));
  entry->flags = IOSQE_BUFFER_SELECT;
  entry->buf_group = Ring::kStreams;
  if (ring->multishot()) entry->ioprio = IORING_RECV_MULTISHOT;
  return nullptr;
}

// receiveFrom(id, fd): multishot. Each buffer then has a header, the address, and the data.
napi_value ReceiveFrom(napi_env env, napi_callback_info info) {
  const Arguments<2> args(env, info);
  Ring* ring = Self(args.data)->ring();
  auto memory = std::make_unique<MessageMemory>();
  memory->message.msg_namelen = sizeof(sockaddr_storage);
  io_uring_sqe* entry = ring->Next(IORING_OP_RECVMSG, args.Int(1), args.Int(0));
  entry->addr = reinterpret_cast<uint64_t>(&memory->message);
  entry->len = 1;
  entry->flags = IOSQE_BUFFER_SELECT;
  entry->buf_group = Ring::kDatagrams;
  entry->ioprio = IORING_RECV_MULTISHOT;
  ring->Keep(args.Int(0), std::move(memory));
  return nullptr;
}

// datagram(memory, offset, result): what lies there, as [offset of the data, size, address].
napi_value Datagram(napi_env env, napi_callback_info info) {
  const Arguments<3> args(env, info);
  const char* at = Memory(env, args.at[0]).data + args.Int(1);
  io_uring_recvmsg_out header;
  memcpy(&header, at, sizeof(header));
  Address address;
  address.length = std::min<socklen_t>(header.namelen, sizeof(sockaddr_storage));
  memcpy(&address.storage, at + sizeof(header), address.length);
  const int32_t before = sizeof(header) + sizeof(sockaddr_storage);
  napi_value result;
  napi_create_array_with_length(env, 3, &result);
  napi_set_element(env, result, 0, Number(env, args.Int(1) + before));
  // Less than the header says is there when the buffer was too small.
  napi_set_element(env, result, 1,
                   Number(env, std::min<int64_t>(header.payloadlen, args.Int(2) - before)));
  napi_set_element(env, result, 2, address.Write(env));
  return result;
}

// connect(id, fd, address): 0 or -errno.
napi_value Connect(napi_env env, napi_callback_info info) {
  const Arguments<3> args(env, info);
  Ring* ring = Self(args.data)->ring();
  auto memory = std::make_unique<MessageMemory>();
  const int wrong = memory->address.Read(env, args.at[2]);
  if (wrong != 0) return Number(env, wrong);
  io_uring_sqe* entry = ring->Next(IORING_OP_CONNECT, args.Int(1), args.Int(0));
  entry->addr = reinterpret_cast<uint64_t>(memory->address.get());
  entry->off = memory->address.length;
  ring->Keep(args.Int(0), std::move(memory));
  return Number(env, 0);
}

// poll(id, fd, direction)
napi_value Poll(napi_env env, napi_callback_info info) {
  const Arguments<3> args(env, info);
  io_uring_sqe* entry = Self(args.data)->ring()->Next(IORING_OP_POLL_ADD, args.Int(1), args.Int(0));
  entry->poll32_events = args.Int(2) == kRead ? POLLIN | POLLPRI | POLLRDHUP : POLLOUT;
  return nullptr;
}

// send(id, fd, data, start): from the byte `start` on. All of it, unless something is wrong.
napi_value Send(napi_env env, napi_callback_info info) {
  const Arguments<4> args(env, info);
  const Memory memory(env, args.at[2]);
  const auto start = static_cast<size_t>(args.Int(3));
  io_uring_sqe* entry = Self(args.data)->ring()->Next(IORING_OP_SEND, args.Int(1), args.Int(0));
  entry->addr = reinterpret_cast<uint64_t>(memory.data + start);
  entry->len = static_cast<uint32_t>(memory.length - start);
  entry->msg_flags = MSG_NOSIGNAL | MSG_WAITALL;
  return nullptr;
}

// sendAll(id, fd, pieces, first, start): from the byte `start` of the piece `first` on. Returns how
// many bytes were asked for.
napi_value SendAll(napi_env env, napi_callback_info info) {
  const Arguments<5> args(env, info);
  constexpr size_t kMost = 1024;  // IOV_MAX of Linux
  Ring* ring = Self(args.data)->ring();
  auto memory = std::make_unique<MessageMemory>();
  uint32_t length = 0;
  napi_get_array_length(env, args.at[2], &length);
  size_t total = 0;
  auto start = static_cast<size_t>(args.Int(4));
  for (uint32_t i = args.Int(3); i < length && memory->pieces.size() < kMost; i++) {
    napi_value piece;
    napi_get_element(env, args.at[2], i, &piece);
    const Memory data(env, piece);
    memory->pieces.push_back({data.data + start, data.length - start});
    total += data.length - start;
    start = 0;
  }
  memory->message.msg_iov = memory->pieces.data();
  memory->message.msg_iovlen = memory->pieces.size();
  io_uring_sqe* entry = ring->Next(IORING_OP_SENDMSG, args.Int(1), args.Int(0));
  entry->addr = reinterpret_cast<uint64_t>(&memory->message);
  entry->len = 1;
  entry->msg_flags = MSG_NOSIGNAL | MSG_WAITALL;
  ring->Keep(args.Int(0), std::move(memory));
  return Number(env, total);
}

// sendTo(id, fd, data, address): one datagram. 0 or -errno.
napi_value SendTo(napi_env env, napi_callback_info info) {
  const Arguments<4> args(env, info);
  Ring* ring = Self(args.data)->ring();
  auto memory = std::make_unique<MessageMemory>();
  napi_valuetype type;
  napi_typeof(env, args.at[3], &type);
  if (type == napi_object) {
    const int wrong = memory->address.Read(env, args.at[3]);
    if (wrong != 0) return Number(env, wrong);
    memory->message.msg_name = memory->address.get();
    memory->message.msg_namelen = memory->address.length;
  }
  const Memory data(env, args.at[2]);
  memory->pieces.push_back({data.data, data.length});
  memory->message.msg_iov = memory->pieces.data();
  memory->message.msg_iovlen = 1;
  io_uring_sqe* entry = ring->Next(IORING_OP_SENDMSG, args.Int(1), args.Int(0));
  entry->addr = reinterpret_cast<uint64_t>(&memory->message);
  entry->len = 1;
  entry->msg_flags = MSG_NOSIGNAL;
  ring->Keep(args.Int(0), std::move(memory));
  return Number(env, 0);
}

napi_value Text(napi_env env, const std::string& text) {
  napi_value value;
  napi_create_string_utf8(env, text.data(), text.size(), &value);
  return value;
}

// openRing(without, completions, control, streams, scopes, deliver): the functions of a new ring;
// or in words why there can be none.
napi_value OpenRing(napi_env env, napi_callback_info info) {
  const Arguments<6> args(env, info);
  std::string why;
  auto* streams = reinterpret_cast<uint8_t*>(Memory(env, args.at[3]).data);
  auto ring = Ring::Open(static_cast<uint32_t>(args.Int(0)), streams, &why);
  if (ring == nullptr) return Text(env, why);
  const bool multishot = ring->multishot();
  const bool incremental = ring->incremental();
  auto* loop = new RingLoop(std::move(ring));
  const int failure = loop->Open(env, {args.at[1], args.at[2], args.at[3], args.at[4], args.at[5]});
  if (failure < 0) {
    delete loop;
    return Text(env, std::string("Node's loop cannot wait for it: ") + uv_strerror(failure));
  }
  napi_value object;
  napi_create_object(env, &object);
  const struct {
    const char* name;
    napi_callback function;
  } functions[] = {
      {"hold", Hold},
      {"reap", Reap},
      {"submit", Submit},
      {"cancel", Cancel},
      {"settle", Settle},
      {"underWay", UnderWay},
      {"deliveries", Deliveries},
      {"register", Register},
      {"disown", Disown},
      {"addDatagramBuffers", AddDatagramBuffers},
      {"close", Close},
      {"accept", Accept},
      {"receive", Receive},
      {"receiveFrom", ReceiveFrom},
      {"datagram", Datagram},
      {"connect", Connect},
      {"poll", Poll},
      {"send", Send},
      {"sendAll", SendAll},
      {"sendTo", SendTo},
  };
  for (const auto& one : functions) AddFunction(env, object, one.name, one.function, loop);
  AddFileOperations(env, object, loop);
  napi_value value;
  napi_get_boolean(env, multishot, &value);
  napi_set_named_property(env, object, "multishot", value);
  napi_get_boolean(env, incremental, &value);
  napi_set_named_property(env, object, "incremental", value);
  return object;
}

// whyNoRing(without): in words why there can be no ring; empty if there can be.
napi_value WhyNoRing(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  std::string why;
  std::unique_ptr<uint8_t[]> streams(new uint8_t[Ring::kGroupBytes]);
  Ring::Open(static_cast<uint32_t>(args.Int(0)), streams.get(), &why);
  return Text(env, why);
}

}  // namespace

void AddRing(napi_env env, napi_value exports) {
  AddFunction(env, exports, "openRing", OpenRing, nullptr);
  AddFunction(env, exports, "whyNoRing", WhyNoRing, nullptr);
}

}  // namespace greenlit

#endif  // GREENLIT_HAS_RING
