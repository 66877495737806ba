#include "poller.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "node_api_calls.h"
#include "parts.h"

namespace greenlit {

int Poller::Open(napi_env env, napi_value scopes, napi_value events, napi_value control,
                 napi_value deliver) {
  env_ = env;
  napi_get_uv_event_loop(env, &loop_);
  const int failure = Start();
  if (failure < 0) return failure;
  events_ = reinterpret_cast<int32_t*>(Memory(env, events).data);
  control_ = reinterpret_cast<int32_t*>(Memory(env, control).data);
  napi_create_reference(env, events, 1, &events_array_);
  napi_create_reference(env, control, 1, &control_array_);
  deliverer_.Open(env, scopes, deliver);
  uv_prepare_init(loop_, &prepare_);
  Adopt(&prepare_);
  uv_prepare_start(&prepare_, OnPrepare);
  uv_check_init(loop_, &check_);
  Adopt(&check_);
  uv_check_start(&check_, OnCheck);
  napi_add_async_cleanup_hook(env, OnCleanup, this, &cleanup_);
  return 0;
}

void Poller::Close() {
  if (closing_) return;
  deliverer_.Close();
  napi_delete_reference(env_, events_array_);
  napi_delete_reference(env_, control_array_);
  CloseHandles();
}

// The environment goes, and this with it: a worker ends, or is terminated. Nobody is left who could
// close the descriptors.
void Poller::OnCleanup(napi_async_cleanup_hook_handle handle, void* data) {
  auto* self = static_cast<Poller*>(data);
  if (self->closing_) return;
  self->CloseHandles();
  for (size_t fd = 0; fd < self->entries_.size(); fd++) {
    if (self->entries_[fd].generation != 0) close(static_cast<int>(fd));
  }
}

void Poller::CloseHandles() {
  closing_ = true;
  // One more than there are, so that this is not deleted before all are being closed.
  open_handles_++;
  Stop();
  for (uv_handle_t* handle : handles_) CloseHandle(handle, OnClosed);
  HandleIsClosed();
}

void Poller::CloseHandle(uv_handle_t* handle, uv_close_cb closed) {
  open_handles_++;
  uv_close(handle, closed);
}

void Poller::OnClosed(uv_handle_t* handle) { static_cast<Poller*>(handle->data)->HandleIsClosed(); }

void Poller::HandleIsClosed() {
  if (--open_handles_ > 0 || !closing_) return;
  napi_remove_async_cleanup_hook(cleanup_);
  delete this;
}

int Poller::Register(int fd, int generation) {
  if (fd < 0 || fcntl(fd, F_GETFD) < 0) return -EBADF;
  const int failure = Add(fd);
  if (failure < 0) return failure;
  if (entries_.size() <= static_cast<size_t>(fd)) entries_.resize(fd + 1);
  entries_[fd] = {generation, 0};
  return 0;
}

void Poller::Forget(int fd) {
  Remove(fd);
  entries_[fd] = {};
}

void Poller::Hold() {
  uv_ref(reinterpret_cast<uv_handle_t*>(&prepare_));
  control_[kHeld] = 1;
}

void Poller::OnPrepare(uv_prepare_t* handle) {
  auto* self = static_cast<Poller*>(handle->data);
  if (self->control_[kHeld] != 0 && self->control_[kWaiting] == 0) {
    uv_unref(reinterpret_cast<uv_handle_t*>(handle));
    self->control_[kHeld] = 0;
  }
  self->BeforeWait();
}

void Poller::OnCheck(uv_check_t* handle) {
  auto* self = static_cast<Poller*>(handle->data);
  self->AfterWait();
  self->Deliver();
}

bool Poller::Report(int fd, int ready) {
  if (count_ == kBatch) return false;
  int32_t* event = events_ + 3 * count_++;
  event[0] = fd;
  event[1] = entries_[fd].generation;
  event[2] = ready;
  return true;
}

void Poller::Deliver() {
  if (count_ == 0) return;
  const int count = count_;
  count_ = 0;
  deliveries_++;
  deliverer_.Call(count);
}

namespace {

Poller* Self(const void* data) { return static_cast<Poller*>(const_cast<void*>(data)); }

napi_value Register(napi_env env, napi_callback_info info) {
  const Arguments<2> args(env, info);
  return Number(env, Self(args.data)->Register(args.Int(0), args.Int(1)));
}

napi_value Want(napi_env env, napi_callback_info info) {
  const Arguments<2> args(env, info);
  Self(args.data)->Await(args.Int(0), args.Int(1));
  return nullptr;
}

napi_value Forget(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  Self(args.data)->Forget(args.Int(0));
  return nullptr;
}

napi_value Hold(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  Self(args.data)->Hold();
  return nullptr;
}

napi_value Deliveries(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  return Number(env, Self(args.data)->deliveries());
}

napi_value Close(napi_env env, napi_callback_info info) {
  const Arguments<1> args(env, info);
  Self(args.data)->Close();
  return nullptr;
}

// openPoller(name, scopes, events, control, deliver): the functions of a new one; or -errno,
// -ENOSYS where the system does not have it.
napi_value OpenPoller(napi_env env, napi_callback_info info) {
  const Arguments<5> args(env, info);
  char name[16] = "";
  size_t length;
  napi_get_value_string_utf8(env, args.at[0], name, sizeof(name), &length);
  const struct {
    const char* name;
    Poller* (*make)();
  } drivers[] = {
      {"uv", NewUvPoller},
      {"select", NewSelectPoller},
      {"poll", NewPollPoller},
      {"epoll", NewEpollPoller},
  };
  Poller* poller = nullptr;
  for (const auto& driver : drivers) {
    if (strcmp(driver.name, name) == 0) poller = driver.make();
  }
  if (poller == nullptr) return Number(env, -ENOSYS);
  const int failure = poller->Open(env, args.at[1], args.at[2], args.at[3], args.at[4]);
  if (failure < 0) {
    delete poller;
    return Number(env, failure);
  }
  napi_value object;
  napi_create_object(env, &object);
  AddFunction(env, object, "register", Register, poller);
  AddFunction(env, object, "want", Want, poller);
  AddFunction(env, object, "forget", Forget, poller);
  AddFunction(env, object, "hold", Hold, poller);
  AddFunction(env, object, "deliveries", Deliveries, poller);
  AddFunction(env, object, "close", Close, poller);
  return object;
}

}  // namespace

void AddPollers(napi_env env, napi_value exports) {
  AddFunction(env, exports, "openPoller", OpenPoller, nullptr);
}

}  // namespace greenlit
