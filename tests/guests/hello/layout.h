// Addresses below 1 MiB that C and assembly share. Free once the guest runs on its own tables.
#ifndef CIMVISOR_TESTS_GUESTS_HELLO_LAYOUT_H_
#define CIMVISOR_TESTS_GUESTS_HELLO_LAYOUT_H_

#define PROCESSOR_CODE 0x8000      // where the other processors begin: page aligned, the SIPI's vector is 8
#define PROCESSORS_STARTED 0x8ff0  // 16 bits that each of them increments

#endif  // CIMVISOR_TESTS_GUESTS_HELLO_LAYOUT_H_
