// A switch during which every callee-saved register holds a known value. The values that a compiler
// happens to keep in registers would prove less.

#ifndef GREENLIT_TEST_REGISTERS_H_
#define GREENLIT_TEST_REGISTERS_H_

#include <cstddef>
#include <cstdint>

#include "machine/switch_registers.h"

#if defined(__x86_64__)
constexpr size_t kPreserved = 6;

// Fills the registers from `in`, switches, and writes what they hold afterwards to `out`.
inline void SwitchWithRegisters(void** save, void* load, const uint64_t* in, uint64_t* out) {
  asm volatile(
      "sub $128, %%rsp\n"  // leaves the red zone alone
      "push %%rbp\n"
      "push %%rcx\n"
      "mov 0(%%rdx), %%rbx\n"
      "mov 8(%%rdx), %%rbp\n"
      "mov 16(%%rdx), %%r12\n"
      "mov 24(%%rdx), %%r13\n"
      "mov 32(%%rdx), %%r14\n"
      "mov 40(%%rdx), %%r15\n"
      "call greenlit_switch_registers\n"
      "pop %%rcx\n"
      "mov %%rbx, 0(%%rcx)\n"
      "mov %%rbp, 8(%%rcx)\n"
      "mov %%r12, 16(%%rcx)\n"
      "mov %%r13, 24(%%rcx)\n"
      "mov %%r14, 32(%%rcx)\n"
      "mov %%r15, 40(%%rcx)\n"
      "pop %%rbp\n"
      "add $128, %%rsp\n"
      : "+D"(save), "+S"(load), "+d"(in), "+c"(out)
      :
      : "rax", "rbx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
}
#else
constexpr size_t kPreserved = 19;

inline void SwitchWithRegisters(void** save, void* load, const uint64_t* in, uint64_t* out) {
  register void** x0 asm("x0") = save;
  register void* x1 asm("x1") = load;
  register const uint64_t* x2 asm("x2") = in;
  register uint64_t* x3 asm("x3") = out;
  asm volatile(
      "stp x3, x29, [sp, #-16]!\n"
      "ldp x19, x20, [x2]\n"
      "ldp x21, x22, [x2, #16]\n"
      "ldp x23, x24, [x2, #32]\n"
      "ldp x25, x26, [x2, #48]\n"
      "ldp x27, x28, [x2, #64]\n"
      "ldp d8, d9, [x2, #80]\n"
      "ldp d10, d11, [x2, #96]\n"
      "ldp d12, d13, [x2, #112]\n"
      "ldp d14, d15, [x2, #128]\n"
      "ldr x29, [x2, #144]\n"
      "bl greenlit_switch_registers\n"
      "ldr x3, [sp]\n"
      "stp x19, x20, [x3]\n"
      "stp x21, x22, [x3, #16]\n"
      "stp x23, x24, [x3, #32]\n"
      "stp x25, x26, [x3, #48]\n"
      "stp x27, x28, [x3, #64]\n"
      "stp d8, d9, [x3, #80]\n"
      "stp d10, d11, [x3, #96]\n"
      "stp d12, d13, [x3, #112]\n"
      "stp d14, d15, [x3, #128]\n"
      "str x29, [x3, #144]\n"
      "ldp x3, x29, [sp], #16\n"
      : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
      :
      : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
        "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x30", "v0",
        "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14",
        "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27",
        "v28", "v29", "v30", "v31", "memory", "cc");
}
#endif

#endif  // GREENLIT_TEST_REGISTERS_H_
