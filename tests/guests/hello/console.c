#include "tests/guests/hello/console.h"

#include "tests/guests/hello/ports.h"

// The 16550 at COM1.
#define COM1 0x3f8
#define INTERRUPT_ENABLE (COM1 + 1)
#define FIFO_CONTROL (COM1 + 2)
#define LINE_CONTROL (COM1 + 3)
#define MODEM_CONTROL (COM1 + 4)
#define LINE_STATUS (COM1 + 5)
#define DATA_READY 0x01
#define TRANSMITTER_EMPTY 0x20

// The PICs: interrupts 0 to 7 at vector 0x20, 8 to 15 at 0x28; all masked but COM1's.
#define MASTER_COMMAND 0x20
#define MASTER_DATA 0x21
#define SLAVE_COMMAND 0xa0
#define SLAVE_DATA 0xa1
#define COM1_INTERRUPT 4
#define FIRST_VECTOR 0x20

#define CODE_SELECTOR 0x08
#define INTERRUPT_GATE 0x8e00

struct Gate {
  uint16_t offset_low;
  uint16_t selector;
  uint16_t flags;
  uint16_t offset_middle;
  uint32_t offset_high;
  uint32_t reserved;
};

struct TablePointer {
  uint16_t limit;
  uint64_t address;
} __attribute__((packed));

static struct Gate interrupt_table[FIRST_VECTOR + 16];

void serial_interrupt(void);  // start.S

static void SetGates(void) {
  const uint64_t handler = (uint64_t)serial_interrupt;
  for (int vector = FIRST_VECTOR; vector < FIRST_VECTOR + 16; ++vector) {
    struct Gate* gate = &interrupt_table[vector];
    gate->offset_low = (uint16_t)handler;
    gate->selector = CODE_SELECTOR;
    gate->flags = INTERRUPT_GATE;
    gate->offset_middle = (uint16_t)(handler >> 16);
    gate->offset_high = (uint32_t)(handler >> 32);
  }
  const struct TablePointer pointer = {sizeof interrupt_table - 1, (uint64_t)interrupt_table};
  __asm__ volatile("lidt %0" : : "m"(pointer));
}

static void SetInterruptControllers(void) {
  WritePort8(MASTER_COMMAND, 0x11);
  WritePort8(SLAVE_COMMAND, 0x11);
  WritePort8(MASTER_DATA, FIRST_VECTOR);
  WritePort8(SLAVE_DATA, FIRST_VECTOR + 8);
  WritePort8(MASTER_DATA, 0x04);
  WritePort8(SLAVE_DATA, 0x02);
  WritePort8(MASTER_DATA, 0x01);
  WritePort8(SLAVE_DATA, 0x01);
  WritePort8(MASTER_DATA, (uint8_t)~(1u << COM1_INTERRUPT));
  WritePort8(SLAVE_DATA, 0xff);
}

void ConsoleInitialize(void) {
  SetGates();
  SetInterruptControllers();
  WritePort8(LINE_CONTROL, 0x03);      // 8 bits, no parity
  WritePort8(FIFO_CONTROL, 0x01);      // FIFOs on
  WritePort8(MODEM_CONTROL, 0x0b);     // DTR, RTS, and OUT2, which connects the interrupt
  WritePort8(INTERRUPT_ENABLE, 0x01);  // received data
}

static void SendByte(char character) {
  while ((ReadPort8(LINE_STATUS) & TRANSMITTER_EMPTY) == 0) {
  }
  WritePort8(COM1, (uint8_t)character);
}

void PrintCharacter(char character) {
  if (character == '\n') SendByte('\r');
  SendByte(character);
}

void Print(const char* text) {
  for (; *text != '\0'; ++text) PrintCharacter(*text);
}

void PrintNumber(uint64_t number) {
  char digits[20];
  int count = 0;
  do {
    digits[count++] = (char)('0' + number % 10);
    number /= 10;
  } while (number != 0);
  while (count > 0) PrintCharacter(digits[--count]);
}

static char ReadCharacter(void) {
  while ((ReadPort8(LINE_STATUS) & DATA_READY) == 0) WaitForInterrupt();
  return (char)ReadPort8(COM1);
}

void ReadLine(char* line, uint32_t size) {
  uint32_t length = 0;
  for (;;) {
    const char character = ReadCharacter();
    if (character == '\r' || character == '\n') {
      PrintCharacter('\n');
      line[length] = '\0';
      return;
    }
    if (character == '\b' || character == 0x7f) {
      if (length > 0) {
        --length;
        Print("\b \b");
      }
    } else if (character >= ' ' && length + 1 < size) {
      line[length++] = character;
      PrintCharacter(character);
    }
  }
}
