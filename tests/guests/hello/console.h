// The guest's serial console.
#ifndef CIMVISOR_TESTS_GUESTS_HELLO_CONSOLE_H_
#define CIMVISOR_TESTS_GUESTS_HELLO_CONSOLE_H_

#include <stdint.h>

// Sets up COM1 and its interrupt. Interrupts stay off but while the guest waits for input.
void ConsoleInitialize(void);

void PrintCharacter(char character);
void Print(const char* text);
void PrintNumber(uint64_t number);

// Reads a line with echo and backspace, without its end; cut at `size` - 1 characters. Halts until something is typed.
void ReadLine(char* line, uint32_t size);

#endif  // CIMVISOR_TESTS_GUESTS_HELLO_CONSOLE_H_
