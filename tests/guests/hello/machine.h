// What the machine tells about itself, and how to end it.
#ifndef CIMVISOR_TESTS_GUESTS_HELLO_MACHINE_H_
#define CIMVISOR_TESTS_GUESTS_HELLO_MACHINE_H_

#include <stdint.h>

struct StartInfo;  // PVH's

// Usable memory in bytes, by whichever map the boot loader gave.
uint64_t UsableMemory(const struct StartInfo* start_info, const uint8_t* zero_page);

// How many processors ACPI's tables list; 1 when there are no tables.
uint32_t ListedProcessors(const struct StartInfo* start_info, const uint8_t* zero_page);

_Noreturn void Crash(void);     // a triple fault
_Noreturn void Reset(void);     // by the keyboard controller
_Noreturn void PowerOff(void);  // ACPI's S5

#endif  // CIMVISOR_TESTS_GUESTS_HELLO_MACHINE_H_
