// The ring of one thread in Node's loop.
//
//   JavaScript ─▶ queue ─▶ `prepare`, before the loop sleeps: one system call ─▶ kernel
//   JavaScript ◀─ one call per batch ◀─ uv_poll on the ring's descriptor ◀───────┘
//
// Completions go into an array that is shared with JavaScript, four numbers each: id, result,
// flags, and the offset of what was received.

#ifndef GREENLIT_RING_LOOP_H_
#define GREENLIT_RING_LOOP_H_

#include <node_api.h>
#include <uv.h>

#include <memory>
#include <vector>

#include "deliverer.h"
#include "ring.h"

namespace greenlit {

// What JavaScript gives to a new ring.
struct RingArrays {
  napi_value completions;
  napi_value control;  // calls that wait; whether the handle keeps the loop alive
  napi_value streams;  // Ring::kGroupBytes
  napi_value scopes;   // see deliverer.h
  napi_value deliver;
};

class RingLoop {
 public:
  explicit RingLoop(std::unique_ptr<Ring> ring) : ring_(std::move(ring)) {}

  // Returns 0 or -errno.
  int Open(napi_env env, const RingArrays& arrays);
  // Ends all operations and closes all handles, then deletes the RingLoop.
  void Close();

  // Keeps the loop alive at once. That it need not any more is noticed before it next sleeps.
  void Hold();
  // Takes completions into the shared array. What the last ones have received may be overwritten
  // from now on.
  int Reap();
  int AddDatagramBuffers(napi_value memory);
  // A descriptor that is closed with the environment, if nobody has closed or disowned it by then.
  // So is one that the kernel has opened, as soon as it is taken out of the ring: a thread that is
  // terminated then may never hear of it.
  void Own(int fd);
  void Disown(int fd);

  napi_env env() const { return env_; }
  Ring* ring() const { return ring_.get(); }
  int deliveries() const { return deliveries_; }

 private:
  enum Control { kWaiting = 0, kHeld = 1 };

  void BeforeSleep();
  void Deliver();
  void Keep(napi_value array);
  void CloseHandles();
  void HandleIsClosed();
  static void OnCleanup(napi_async_cleanup_hook_handle handle, void* data);
  static void OnClosed(uv_handle_t* handle);

  napi_env env_ = nullptr;
  napi_async_cleanup_hook_handle cleanup_ = nullptr;
  std::unique_ptr<Ring> ring_;
  std::vector<napi_ref> arrays_;
  Completion* completions_ = nullptr;
  int capacity_ = 0;
  int32_t* control_ = nullptr;
  Deliverer deliverer_;
  int deliveries_ = 0;
  std::vector<bool> owned_;  // by descriptor
  bool closing_ = false;
  int open_handles_ = 0;
  uv_poll_t poll_;
  // Keeps the loop alive while somebody waits.
  uv_prepare_t prepare_;
};

// The operations on files: see ring_files.cc.
void AddFileOperations(napi_env env, napi_value object, RingLoop* loop);

}  // namespace greenlit

#endif  // GREENLIT_RING_LOOP_H_
