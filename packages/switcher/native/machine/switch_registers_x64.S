# void greenlit_switch_registers(void** save /* rdi */, void* load /* rsi */)
# System V x86-64. switch_registers_x64.h draws what is pushed.

    .text
    .globl greenlit_switch_registers
    .hidden greenlit_switch_registers
    .type greenlit_switch_registers, @function
    .p2align 4
greenlit_switch_registers:
    .cfi_startproc
    endbr64
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    subq $8, %rsp
    stmxcsr (%rsp)
    fnstcw 4(%rsp)

    movq %rsp, (%rdi)
    movq %rsi, %rsp          # from here on we are on the other stack

    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    addq $8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .cfi_endproc
    .size greenlit_switch_registers, .-greenlit_switch_registers

    .globl greenlit_stack_entry
    .hidden greenlit_stack_entry
    .type greenlit_stack_entry, @function
    .p2align 4
greenlit_stack_entry:
    .cfi_startproc
    .cfi_undefined rip       # nothing called us: unwinders stop here
    endbr64
    movq %r12, %rdi
    call *%r13
    ud2
    .cfi_endproc
    .size greenlit_stack_entry, .-greenlit_stack_entry

    .section .note.GNU-stack, "", @progbits

# This code may be loaded into a process that checks indirect branches (they must land on an
# endbr64) and returns (against a shadow stack). Where there is a shadow stack, no driver that
# switches is opened: see shadow_stack.h.
    .section .note.gnu.property, "a", @note
    .p2align 3
    .long 4, 16, 5           # sizes of name and properties, NT_GNU_PROPERTY_TYPE_0
    .asciz "GNU"
    .long 0xc0000002, 4, 3   # GNU_PROPERTY_X86_FEATURE_1_AND: IBT and SHSTK
    .p2align 3
