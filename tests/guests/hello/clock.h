// Time.
#ifndef CIMVISOR_TESTS_GUESTS_HELLO_CLOCK_H_
#define CIMVISOR_TESTS_GUESTS_HELLO_CLOCK_H_

#include <stdint.h>

// Spins, by ACPI's timer: only for short waits.
void WaitMilliseconds(uint32_t milliseconds);

// Seconds since 1 January 2000 by the real-time clock.
uint64_t ClockSeconds(void);

#endif  // CIMVISOR_TESTS_GUESTS_HELLO_CLOCK_H_
