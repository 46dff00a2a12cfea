# The small guest's beginning: in 32-bit protected mode by PVH (ebx: the start info), or at a 64-bit entry by Linux's boot
# protocol (rsi: the zero page). Page tables and descriptors stand ready in the file, so that nothing needs clearing or
# computing where each instruction is emulated.

#include "tests/guests/hello/layout.h"

#define CODE64 0x08
#define DATA 0x10

#define CR0_PAGING 0x80000000
#define CR4_PAE 0x20
#define MSR_EFER 0xc0000080
#define EFER_LONG_MODE 0x100

#define PRESENT_WRITABLE 0x3
#define LARGE 0x80

# Notes: where PVH enters (type 18 of "Xen"), and that this is a small guest (type 1 of "Cimvisor").
    .section .note.cimvisor, "a", @note
    .balign 4
    .long 4, 4, 18
    .asciz "Xen"
    .balign 4
    .long start32
    .balign 4
    .long 9, 0, 1
    .asciz "Cimvisor"
    .balign 4

    .text
    .code32
    .global start32
start32:
    cli
    cld
    movl %cr4, %eax
    orl $CR4_PAE, %eax
    movl %eax, %cr4
    movl $page_tables, %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $EFER_LONG_MODE, %eax
    wrmsr
    movl %cr0, %eax
    orl $CR0_PAGING, %eax
    movl %eax, %cr0
    lgdt descriptor_table_pointer
    ljmp $CODE64, $entered64

    .code64
entered64:
    movl %ebx, %edi                  # the start info
    xorl %esi, %esi                  # no zero page
    jmp common

    .global start64
start64:
    cli
    cld
    movq $page_tables, %rax
    movq %rax, %cr3
    lgdt descriptor_table_pointer
    pushq $CODE64
    leaq reloaded(%rip), %rax
    pushq %rax
    lretq
reloaded:
    xorl %edi, %edi                  # no start info; rsi: the zero page
common:
    movl $DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    movq $stack_end, %rsp
    call guest_main
halt:
    cli
    hlt
    jmp halt

# An interrupt of the first or second serial port through the PICs: its only purpose is to end hlt.
    .global serial_interrupt
serial_interrupt:
    pushq %rax
    movb $0x20, %al                  # end of interrupt
    outb %al, $0x20
    popq %rax
    iretq

# What the other processors run from their SIPI on, copied to a page below 1 MiB: real mode, cs:0 is its first byte.
    .global processor_code
    .global processor_code_end
    .code16
processor_code:
    cli
    xorw %ax, %ax
    movw %ax, %ds
    lock incw PROCESSORS_STARTED
processor_halt:
    hlt
    jmp processor_halt
processor_code_end:
    .code64

    .data
    .balign 8
descriptor_table:
    .quad 0
    .quad 0x00af9b000000ffff         # 64-bit code
    .quad 0x00cf93000000ffff         # data
descriptor_table_pointer:
    .word . - descriptor_table - 1
    .quad descriptor_table

# The first 4 GiB onto themselves.
    .balign 4096
page_tables:
    .quad directory_pointers + PRESENT_WRITABLE
    .fill 511, 8, 0
directory_pointers:
    .set directory, 0
    .rept 4
    .quad directories + directory * 4096 + PRESENT_WRITABLE
    .set directory, directory + 1
    .endr
    .fill 508, 8, 0
directories:
    .set page, 0
    .rept 2048
    .quad page * 0x200000 + PRESENT_WRITABLE + LARGE
    .set page, page + 1
    .endr

    .bss
    .balign 16
    .skip 16384
stack_end:
    .section .note.GNU-stack, "", @progbits
