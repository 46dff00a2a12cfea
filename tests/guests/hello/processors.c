#include "tests/guests/hello/processors.h"

#include "tests/guests/hello/clock.h"
#include "tests/guests/hello/layout.h"

// The local APIC's registers (Intel SDM vol. 3, §11.4.1).
#define APIC 0xfee00000u
#define SPURIOUS_VECTOR 0x0f0
#define COMMAND 0x300
#define LINT0 0x350
#define APIC_ENABLED 0x1ff   // with spurious vector 0xff
#define EXTERNAL 0x700
#define INIT_ALL_OTHERS 0xc4500
#define START_ALL_OTHERS (0xc4600 | PROCESSOR_CODE >> 12)

extern const uint8_t processor_code[];
extern const uint8_t processor_code_end[];

static void WriteApic(uint32_t offset, uint32_t value) { *(volatile uint32_t*)(uint64_t)(APIC + offset) = value; }

uint32_t StartProcessors(uint32_t expected) {
  volatile uint16_t* started = (volatile uint16_t*)PROCESSORS_STARTED;
  volatile uint8_t* code = (volatile uint8_t*)PROCESSOR_CODE;
  *started = 0;
  for (const uint8_t* byte = processor_code; byte < processor_code_end; ++byte) *code++ = *byte;
  WriteApic(SPURIOUS_VECTOR, APIC_ENABLED);
  WriteApic(LINT0, EXTERNAL);  // the PICs' interrupts go on
  if (expected > 1) {
    WriteApic(COMMAND, INIT_ALL_OTHERS);
    WaitMilliseconds(1);
    WriteApic(COMMAND, START_ALL_OTHERS);
    for (int i = 0; i < 1000 && *started + 1u < expected; ++i) WaitMilliseconds(1);
  }
  return *started + 1u;
}
