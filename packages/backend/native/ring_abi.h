// What the kernel's <linux/io_uring.h> of Debian 12 (Linux 6.1) does not name yet, each with the
// release whose include/uapi/linux/io_uring.h has it. A program may use these numbers whatever
// headers it is compiled with: a kernel that does not know one refuses it.

#ifndef GREENLIT_RING_ABI_H_
#define GREENLIT_RING_ABI_H_

#if __has_include(<linux/io_uring.h>)
#include <linux/io_uring.h>
#endif

// What else is used, the headers have since Linux 6.0, and all have this macro. With older ones the
// addon is compiled without the ring.
#ifdef IORING_RECV_MULTISHOT
#define GREENLIT_HAS_RING

#include <cstdint>

namespace greenlit {
namespace abi {

// io_uring_buf_reg.flags, IOU_PBUF_RING_INC, Linux 6.12: a buffer is used up piece by piece.
constexpr uint16_t kBufferRingIncremental = 2;
// io_uring_cqe.flags, IORING_CQE_F_BUF_MORE, Linux 6.12: the kernel will put more into this buffer.
constexpr uint32_t kBufferMore = 1U << 4;

}  // namespace abi
}  // namespace greenlit

#endif  // IORING_RECV_MULTISHOT

#endif  // GREENLIT_RING_ABI_H_
