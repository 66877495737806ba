// The innermost layer: exchanges one native stack for another.
//
// A suspended stack is one pointer: its stack pointer. Just above it lie the registers that the ABI
// tells a function to preserve; greenlit_switch_registers pushed them when it left the stack. The
// compiler has already saved all other registers that it needs. The file of each architecture draws
// what lies there, and has PrepareStack, which lays out the same for a new stack.

#ifndef GREENLIT_MACHINE_SWITCH_REGISTERS_H_
#define GREENLIT_MACHINE_SWITCH_REGISTERS_H_

namespace greenlit {

// Leaves the running stack and writes its stack pointer to *save; continues the stack that is
// suspended at `load`. Returns when another stack switches to *save.
extern "C" void greenlit_switch_registers(void** save, void* load);

// The first code on a new stack: calls the function that PrepareStack was given.
extern "C" void greenlit_stack_entry();

}  // namespace greenlit

#if defined(__x86_64__)
#include "machine/switch_registers_x64.h"
#elif defined(__aarch64__)
#include "machine/switch_registers_arm64.h"
#else
#error "no register switch for this architecture"
#endif

#endif  // GREENLIT_MACHINE_SWITCH_REGISTERS_H_
