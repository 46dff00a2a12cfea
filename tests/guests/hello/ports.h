// Port accesses, and how to wait for an interrupt.
#ifndef CIMVISOR_TESTS_GUESTS_HELLO_PORTS_H_
#define CIMVISOR_TESTS_GUESTS_HELLO_PORTS_H_

#include <stdint.h>

static inline void WritePort8(uint16_t port, uint8_t value) {
  __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}
static inline void WritePort16(uint16_t port, uint16_t value) {
  __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}
static inline uint8_t ReadPort8(uint16_t port) {
  uint8_t value;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}
static inline uint32_t ReadPort32(uint16_t port) {
  uint32_t value;
  __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

static inline void DisableInterrupts(void) { __asm__ volatile("cli" : : : "memory"); }
static inline void EnableInterrupts(void) { __asm__ volatile("sti" : : : "memory"); }
// Enables interrupts and halts at once: what comes between a check and this is not missed.
static inline void WaitForInterrupt(void) { __asm__ volatile("sti; hlt; cli" : : : "memory"); }

#endif  // CIMVISOR_TESTS_GUESTS_HELLO_PORTS_H_
