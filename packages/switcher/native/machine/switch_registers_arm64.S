// void greenlit_switch_registers(void** save /* x0 */, void* load /* x1 */)
// AAPCS64. switch_registers_arm64.h draws what is pushed.
//
// `hint #25` and `hint #29` are paciasp and autiasp, in a spelling that every assembler knows. They
// sign and check x30 with the stack pointer. Indirect calls may land on the first (BTI).

    .text
    .globl greenlit_switch_registers
    .hidden greenlit_switch_registers
    .type greenlit_switch_registers, %function
    .p2align 4
greenlit_switch_registers:
    .cfi_startproc
    hint #25
    .cfi_negate_ra_state
    stp x29, x30, [sp, #-176]!
    .cfi_def_cfa_offset 176
    .cfi_offset x29, -176
    .cfi_offset x30, -168
    stp x19, x20, [sp, #16]
    stp x21, x22, [sp, #32]
    stp x23, x24, [sp, #48]
    stp x25, x26, [sp, #64]
    stp x27, x28, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mrs x9, fpcr
    str x9, [sp, #160]

    mov x10, sp
    str x10, [x0]
    mov sp, x1               // from here on we are on the other stack

    ldr x10, [sp, #160]
    cmp x9, x10              // writing it is slow and rarely needed
    b.eq 1f
    msr fpcr, x10
1:  ldp d14, d15, [sp, #144]
    ldp d12, d13, [sp, #128]
    ldp d10, d11, [sp, #112]
    ldp d8, d9, [sp, #96]
    ldp x27, x28, [sp, #80]
    ldp x25, x26, [sp, #64]
    ldp x23, x24, [sp, #48]
    ldp x21, x22, [sp, #32]
    ldp x19, x20, [sp, #16]
    ldp x29, x30, [sp], #176
    .cfi_def_cfa_offset 0
    .cfi_restore x29
    .cfi_restore x30
    hint #29
    .cfi_negate_ra_state
    ret
    .cfi_endproc
    .size greenlit_switch_registers, .-greenlit_switch_registers

    .globl greenlit_stack_entry
    .hidden greenlit_stack_entry
    .type greenlit_stack_entry, %function
    .p2align 4
greenlit_stack_entry:
    .cfi_startproc
    .cfi_undefined x30       // nothing called us: unwinders stop here
    mov x0, x19
    blr x20
    brk #0
    .cfi_endproc
    .size greenlit_stack_entry, .-greenlit_stack_entry

// This code is fit for branch target identification and signed return addresses. A library has
// these properties only if all its parts declare them.
    .section .note.gnu.property, "a", %note
    .p2align 3
    .word 4, 16, 5           // sizes of name and content; NT_GNU_PROPERTY_TYPE_0
    .asciz "GNU"
    .word 0xc0000000, 4      // GNU_PROPERTY_AARCH64_FEATURE_1_AND
    .word 3, 0               // BTI and PAC; padding

    .section .note.GNU-stack, "", %progbits
