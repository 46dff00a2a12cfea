// The machine's other processors.
#ifndef CIMVISOR_TESTS_GUESTS_HELLO_PROCESSORS_H_
#define CIMVISOR_TESTS_GUESTS_HELLO_PROCESSORS_H_

#include <stdint.h>

// Starts all others (INIT, SIPI), which halt then, and waits up to a second for `expected` in all. How many run.
uint32_t StartProcessors(uint32_t expected);

#endif  // CIMVISOR_TESTS_GUESTS_HELLO_PROCESSORS_H_
