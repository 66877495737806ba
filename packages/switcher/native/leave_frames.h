// Going back to the lowest frame of a stack without unwinding the frames above it: they may be
// V8's, which no unwinder knows, and what their destructors would touch may no longer be theirs.
//
//   if (GREENLIT_MARK_FRAME(mark)) ...came back... else ...go on, and up...
//
// The frame that marked must still be there. Objects with destructors in the frames that are left
// are not destroyed; every compiler we build with leaves it at that.

#ifndef GREENLIT_LEAVE_FRAMES_H_
#define GREENLIT_LEAVE_FRAMES_H_

#include <csetjmp>

#define GREENLIT_MARK_FRAME(mark) (setjmp(mark) != 0)

namespace greenlit {

[[noreturn]] inline void LeaveFrames(std::jmp_buf& mark) {
#ifdef _WIN32
  // There longjmp unwinds, unless it is told of no frame to unwind to.
  reinterpret_cast<_JUMP_BUFFER*>(&mark)->Frame = 0;
#endif
  std::longjmp(mark, 1);
}

}  // namespace greenlit

#endif  // GREENLIT_LEAVE_FRAMES_H_
