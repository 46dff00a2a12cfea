# The built-in boot program: 16-bit code that runs at 0000:7c00, prints the zero-terminated text at 0000:8000 through COM1
# and halts with interrupts off. Assembled into the program that embeds it; position-independent but for the two addresses.

#define TEXT 0x8000
#define COM1 0x3f8
#define LINE_STATUS (COM1 + 5)
#define TRANSMITTER_EMPTY 0x20

    .section .rodata
    .global cimvisor_boot_program_start
    .global cimvisor_boot_program_end
    .code16
cimvisor_boot_program_start:
    cli
    cld
    movw $TEXT, %si
next:
    lodsb
    testb %al, %al
    jz done
    movb %al, %bl
wait:
    movw $LINE_STATUS, %dx
    inb %dx, %al
    testb $TRANSMITTER_EMPTY, %al
    jz wait
    movb %bl, %al
    movw $COM1, %dx
    outb %al, %dx
    jmp next
done:
    cli
    hlt
    jmp done
cimvisor_boot_program_end:
    .code64
    .section .note.GNU-stack, "", @progbits
