// What the drivers share that tell which descriptors are ready. One Poller for each thread that
// uses one:
//
//   JavaScript                       Poller                          libuv's loop
//   want(fd, directions)  ───────▶   Want()        ───────▶          waits, in its own way
//   deliver(count)        ◀───────   Deliver()     ◀───────          Report() for each ready one
//
// A driver implements four functions: Start, Add, Want, Remove; and Stop, which closes its handles.

#ifndef GREENLIT_POLLER_H_
#define GREENLIT_POLLER_H_

#include <node_api.h>
#include <uv.h>

#include <vector>

#include "deliverer.h"
#include "readiness.h"

namespace greenlit {

class Poller {
 public:
  // How many descriptors one batch tells of.
  static constexpr int kBatch = 1024;

  virtual ~Poller() = default;

  // `events` has room for kBatch times three numbers: descriptor, generation, readiness. `control`
  // is shared with JavaScript too. Returns 0 or -errno.
  int Open(napi_env env, napi_value scopes, napi_value events, napi_value control,
           napi_value deliver);
  // Closes all handles, then deletes the Poller.
  void Close();

  // Returns 0, or -errno: what the kernel says, or -ERANGE when the driver cannot take this number.
  int Register(int fd, int generation);
  // What is waited for from now on: kRead, kWrite, both or 0. Each direction is reported once.
  void Await(int fd, int directions) { Want(fd, directions); }
  void Forget(int fd);
  // Keeps the loop alive until nobody waits.
  void Hold();
  int deliveries() const { return deliveries_; }

 protected:
  struct Entry {
    // 0: not registered. Each registration of a descriptor has another one.
    int generation = 0;
    // What is waited for.
    int wanted = 0;
  };

  virtual int Start() { return 0; }
  virtual void Stop() {}
  virtual int Add(int fd) { return 0; }
  virtual void Want(int fd, int directions) {}
  virtual void Remove(int fd) {}
  // Called before libuv waits, and behind that.
  virtual void BeforeWait() {}
  virtual void AfterWait() {}

  // Adds to the batch. Returns false when it is full: then the descriptor is to be reported later.
  bool Report(int fd, int ready);
  // Calls JavaScript with the batch, if there is anything in it. The last thing that a callback of
  // libuv does: JavaScript may have closed the Poller when this returns.
  void Deliver();
  // A handle that does not keep the loop alive, and is closed with the Poller.
  template <typename Handle>
  void Adopt(Handle* handle) {
    auto* adopted = reinterpret_cast<uv_handle_t*>(handle);
    handle->data = this;
    uv_unref(adopted);
    handles_.push_back(adopted);
  }
  void CloseHandle(uv_handle_t* handle, uv_close_cb closed);
  void HandleIsClosed();

  uv_loop_t* loop_ = nullptr;
  std::vector<Entry> entries_;  // by descriptor

 private:
  enum Control { kWaiting = 0, kHeld = 1 };

  static void OnPrepare(uv_prepare_t* handle);
  static void OnCheck(uv_check_t* handle);
  static void OnCleanup(napi_async_cleanup_hook_handle handle, void* data);
  static void OnClosed(uv_handle_t* handle);
  void CloseHandles();

  napi_env env_ = nullptr;
  napi_async_cleanup_hook_handle cleanup_ = nullptr;
  napi_ref events_array_ = nullptr;
  napi_ref control_array_ = nullptr;
  int32_t* events_ = nullptr;
  int32_t* control_ = nullptr;
  Deliverer deliverer_;
  int count_ = 0;
  int deliveries_ = 0;
  bool closing_ = false;
  int open_handles_ = 0;
  std::vector<uv_handle_t*> handles_;
  // Keeps the loop alive while somebody waits.
  uv_prepare_t prepare_;
  uv_check_t check_;
};

// Each makes a driver; null where the system does not have it.
Poller* NewUvPoller();
Poller* NewSelectPoller();
Poller* NewPollPoller();
Poller* NewEpollPoller();

}  // namespace greenlit

#endif  // GREENLIT_POLLER_H_
