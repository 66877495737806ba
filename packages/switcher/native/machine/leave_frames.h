// Goes back to the first frame of a stack without unwinding the later frames. Some of these are
// V8's, which no unwinder knows, and their destructors might touch what is no longer there.
//
//   if (GREENLIT_MARK_FRAME(mark)) ...came back... else ...call the later frames...
//
// The function with the mark must not have returned. Objects in the frames that are left are not
// destroyed. The C++ standard does not define this; all compilers that build us do just that.

#ifndef GREENLIT_MACHINE_LEAVE_FRAMES_H_
#define GREENLIT_MACHINE_LEAVE_FRAMES_H_

#include <csetjmp>

#define GREENLIT_MARK_FRAME(mark) (setjmp(mark) != 0)

namespace greenlit {

[[noreturn]] inline void LeaveFrames(std::jmp_buf& mark) {
#ifdef _WIN32
  // On Windows longjmp unwinds, unless the mark names no frame to unwind to.
  reinterpret_cast<_JUMP_BUFFER*>(&mark)->Frame = 0;
#endif
  std::longjmp(mark, 1);
}

}  // namespace greenlit

#endif  // GREENLIT_MACHINE_LEAVE_FRAMES_H_
