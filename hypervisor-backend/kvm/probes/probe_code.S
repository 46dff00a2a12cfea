# The probe guests: each runs in 64-bit mode with the first 4 GiB mapped onto themselves, a stack, and interrupts off, and
# ends by writing to port 0xf4: 1 when what it tried worked, another byte when it gave a wrong result. KVM ending it in any
# other way is a failure too. Position-independent; each is copied to 0x10000.

#define RESULT_PORT 0xf4
#define PASSED 1
#define WRONG 2

#define SCRATCH 0x20000
#define INTERRUPT_TABLE 0x30000

#define CR0_MONITOR 0x2
#define CR0_EMULATION 0x4
#define CR4_OSFXSR 0x200
#define CR4_OSXMMEXCPT 0x400
#define CR4_OSXSAVE 0x40000
#define CONTROL_WORD 0x0f7f  // not what fninit sets

    .section .rodata
    .code64

.macro probe name
    .balign 16
    .global cimvisor_probe_\name
cimvisor_probe_\name:
.endm

.macro end_probe name
    .global cimvisor_probe_\name\()_end
cimvisor_probe_\name\()_end:
.endm

.macro passed
    movb $PASSED, %al
    outb %al, $RESULT_PORT
    hlt
.endm

.macro wrong
    movb $WRONG, %al
    outb %al, $RESULT_PORT
    hlt
.endm

# x87 and SSE as an operating system turns them on.
.macro enable_sse
    movq %cr0, %rax
    andq $~CR0_EMULATION, %rax
    orq $CR0_MONITOR, %rax
    movq %rax, %cr0
    movq %cr4, %rax
    orq $(CR4_OSFXSR | CR4_OSXMMEXCPT), %rax
    movq %rax, %cr4
.endm

# A gate for `vector` to `handler` in an otherwise empty table.
.macro set_gate vector, handler
    leaq \handler(%rip), %rax
    movq $(INTERRUPT_TABLE + \vector * 16), %rdi
    movw %ax, (%rdi)
    movw %cs, %cx
    movw %cx, 2(%rdi)
    movw $0x8e00, 4(%rdi)
    shrq $16, %rax
    movw %ax, 6(%rdi)
    shrq $16, %rax
    movl %eax, 8(%rdi)
    movl $0, 12(%rdi)
    subq $16, %rsp
    movw $0xfff, (%rsp)
    movq $INTERRUPT_TABLE, 2(%rsp)
    lidt (%rsp)
    addq $16, %rsp
.endm

# Long mode: 64-bit registers, and addresses relative to the instruction.
probe long_mode
    movabsq $0x123456789abcdef0, %rax
    movq %rax, SCRATCH
    rolq $32, %rax
    movabsq $0x9abcdef012345678, %rbx
    cmpq %rbx, %rax
    jne 1f
    movabsq $0x123456789abcdef0, %rbx
    cmpq %rbx, SCRATCH
    jne 1f
    passed
1:  wrong
end_probe long_mode

# The in-kernel interrupt controllers: an interrupt that the local APIC sends to itself ends hlt.
probe interrupt_controller
    set_gate 0x40, 2f
    movl $0xfee00000, %esi
    movl $0x1ff, 0xf0(%rsi)          # on, spurious vector 0xff
    movl $0x44040, 0x300(%rsi)       # to itself, fixed, vector 0x40
    sti
1:  hlt
    jmp 1b
2:  movl $0, 0xb0(%rsi)              # end of interrupt
    passed
end_probe interrupt_controller

probe compare_exchange_16
    movq $1, SCRATCH
    movq $2, SCRATCH + 8
    movl $1, %eax
    movl $2, %edx
    movl $3, %ebx
    movl $4, %ecx
    lock cmpxchg16b SCRATCH
    jnz 1f
    cmpq $3, SCRATCH
    jne 1f
    cmpq $4, SCRATCH + 8
    jne 1f
    passed
1:  wrong
end_probe compare_exchange_16

probe breakpoint
    set_gate 3, 2f
    int3
1:  wrong
2:  leaq 1b(%rip), %rax              # the address after int3 must be on the stack
    cmpq %rax, (%rsp)
    jne 1b
    passed
end_probe breakpoint

# xsave and xrstor. A processor that does not offer them passes: no guest will use them. What is looked at is x87's control
# word, which XCR0 cannot turn off: QEMU's emulated SVM does not intercept xsetbv, so that there (in the lab) KVM puts its own
# XCR0 back at each exit; Linux notices and does without.
probe extended_state
    enable_sse
    movl $1, %eax
    xorl %ecx, %ecx
    cpuid
    btl $26, %ecx
    jnc 2f
    movq %cr4, %rax
    orq $CR4_OSXSAVE, %rax
    movq %rax, %cr4
    xorl %ecx, %ecx
    xgetbv
    orl $3, %eax
    xsetbv
    fninit
    movw $CONTROL_WORD, SCRATCH + 0x800
    fldcw SCRATCH + 0x800
    movl $3, %eax
    xorl %edx, %edx
    xsave64 SCRATCH
    fninit
    movl $3, %eax
    xorl %edx, %edx
    xrstor64 SCRATCH
    fnstcw SCRATCH + 0x802
    cmpw $CONTROL_WORD, SCRATCH + 0x802
    jne 1f
2:  passed
1:  wrong
end_probe extended_state

probe floating_point_wait
    enable_sse
    fninit
    fwait
    passed
end_probe floating_point_wait

probe sse
    enable_sse
    movabsq $0x1111111122222222, %rax
    movq %rax, %xmm0
    movdqa %xmm0, %xmm1
    paddd %xmm1, %xmm0
    movdqu %xmm0, SCRATCH
    movq SCRATCH, %rbx
    movabsq $0x2222222244444444, %rcx
    cmpq %rcx, %rbx
    jne 1f
    passed
1:  wrong
end_probe sse

    .section .note.GNU-stack, "", @progbits
