// A suspended stack on arm64 (AAPCS64): the callee-saved registers and the floating point control
// register. The ABI reserves x18 for the system, so it is not saved. Of the vector registers v8 to
// v15 the ABI preserves the low halves, d8 to d15.
//
//      higher addresses: the frames that called greenlit_switch_registers
//      +168  unused  +160  fpcr
//      +152  d15     +144  d14     +136  d13     +128  d12
//      +120  d11     +112  d10     +104  d9      +96   d8
//      +88   x28     +80   x27     +72   x26     +64   x25     +56   x24
//      +48   x23     +40   x22     +32   x21     +24   x20     +16   x19
//      sp → +8  x30, the signed return address,  +0  x29
//
// Where the processor can do so, return addresses are signed with the stack pointer; elsewhere
// these instructions do nothing. If a return address is overwritten while its stack is suspended,
// the return faults. Stacks never move, so all signatures on them stay valid.

#ifndef GREENLIT_MACHINE_SWITCH_REGISTERS_ARM64_H_
#define GREENLIT_MACHINE_SWITCH_REGISTERS_ARM64_H_

#include <cstdint>

namespace greenlit {

// Signs a return address as `paciasp` does in a function that is entered with this stack pointer.
inline uintptr_t SignReturnAddress(uintptr_t address, const void* sp) {
  register uintptr_t signed_address asm("x17") = address;
  register const void* modifier asm("x16") = sp;
  asm("hint #8" : "+r"(signed_address) : "r"(modifier));  // pacia1716
  return signed_address;
}

// Prepares the empty stack that ends at `top`, and returns its stack pointer. The first switch to
// it calls main(argument). main must never return.
inline void* PrepareStack(uintptr_t top, void (*main)(void*), void* argument) {
  constexpr int kWords = 22;
  auto* empty = reinterpret_cast<uintptr_t*>(top & ~uintptr_t{15});
  uintptr_t* sp = empty - kWords;
  for (int i = 0; i < kWords; i++) sp[i] = 0;  // x29 = 0: unwinders stop here
  sp[1] = SignReturnAddress(reinterpret_cast<uintptr_t>(greenlit_stack_entry), empty);
  sp[2] = reinterpret_cast<uintptr_t>(argument);  // x19
  sp[3] = reinterpret_cast<uintptr_t>(main);      // x20
  return sp;
}

}  // namespace greenlit

#endif  // GREENLIT_MACHINE_SWITCH_REGISTERS_ARM64_H_
