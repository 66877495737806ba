// A suspended stack on System V x86-64: the callee-saved registers and the two floating point
// control words.
//
//      higher addresses: the frames that called greenlit_switch_registers
//      +56  return address
//      +48  rbp      +40  rbx      +32  r12      +24  r13      +16  r14      +8  r15
//      sp → +4  x87 control word,  +0  mxcsr

#ifndef GREENLIT_MACHINE_SWITCH_REGISTERS_X64_H_
#define GREENLIT_MACHINE_SWITCH_REGISTERS_X64_H_

#include <cstdint>

namespace greenlit {

// Prepares the empty stack that ends at `top`, and returns its stack pointer. The first switch to
// it calls main(argument). main must never return.
inline void* PrepareStack(uintptr_t top, void (*main)(void*), void* argument) {
  auto* sp = reinterpret_cast<uintptr_t*>(top & ~uintptr_t{15});
  *--sp = 0;  // unwinders stop here
  *--sp = 0;
  *--sp = reinterpret_cast<uintptr_t>(greenlit_stack_entry);
  *--sp = 0;                                      // rbp
  *--sp = 0;                                      // rbx
  *--sp = reinterpret_cast<uintptr_t>(argument);  // r12
  *--sp = reinterpret_cast<uintptr_t>(main);      // r13
  *--sp = 0;                                      // r14
  *--sp = 0;                                      // r15
  *--sp = 0x0000037f'00001f80;  // both control words, as the ABI sets them for a new process
  return sp;
}

}  // namespace greenlit

#endif  // GREENLIT_MACHINE_SWITCH_REGISTERS_X64_H_
