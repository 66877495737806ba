// The innermost layer: exchanges one native stack for another. Knows nothing of JavaScript.
//
// A suspended stack is one pointer: its stack pointer. Everything else it needs lies just above it,
// pushed by greenlit_switch_registers when it left: the registers that the ABI says a function must
// preserve. All others belong to the caller and are already saved. What exactly lies there is drawn
// in the file of each architecture, with PrepareStack, which draws the same by hand.

#ifndef GREENLIT_SWITCH_REGISTERS_H_
#define GREENLIT_SWITCH_REGISTERS_H_

namespace greenlit {

// Leaves the running stack, whose stack pointer goes to *save, and continues the stack suspended at
// `load`. Control comes back to the caller when somebody switches to *save.
extern "C" void greenlit_switch_registers(void** save, void* load);

// Where a new stack begins: calls the function that PrepareStack was given.
extern "C" void greenlit_stack_entry();

}  // namespace greenlit

#if defined(__x86_64__)
#include "switch_registers_x64.h"
#elif defined(__aarch64__)
#include "switch_registers_arm64.h"
#else
#error "no register switch for this architecture"
#endif

#endif  // GREENLIT_SWITCH_REGISTERS_H_
