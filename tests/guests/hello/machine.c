#include "tests/guests/hello/machine.h"

#include <stddef.h>

#include "tests/guests/hello/ports.h"

// PVH's start info (xen/include/public/arch-x86/hvm/start_info.h, version 1).
struct StartInfo {
  uint32_t magic, version, flags, modules;
  uint64_t module_list, command_line, rsdp, memory_map;
  uint32_t memory_map_entries, reserved;
};
struct StartMapEntry {
  uint64_t address, size;
  uint32_t type, reserved;
};

// Linux's zero page.
#define ZERO_PAGE_RSDP 0x070
#define ZERO_PAGE_MAP_ENTRIES 0x1e8
#define ZERO_PAGE_MAP 0x2d0
struct __attribute__((packed)) ZeroMapEntry {
  uint64_t address, size;
  uint32_t type;
};
#define USABLE 1

// ACPI.
#define RSDP_XSDT 24
#define TABLE_LENGTH 4
#define TABLE_HEADER 36
#define MADT_ENTRIES 44
#define LOCAL_APIC 0
#define ENABLED 1

#define KEYBOARD_COMMAND 0x64
#define PULSE_RESET 0xfe
#define PM1A_CONTROL 0x604
#define SLEEP_TYPE_OFF (5 << 10)
#define SLEEP_ENABLE (1 << 13)

static uint32_t Read32(const uint8_t* bytes) { return *(const uint32_t*)bytes; }
static uint64_t Read64(const uint8_t* bytes) { return *(const uint64_t*)bytes; }

uint64_t UsableMemory(const struct StartInfo* start_info, const uint8_t* zero_page) {
  uint64_t bytes = 0;
  if (start_info != NULL) {
    const struct StartMapEntry* map = (const struct StartMapEntry*)start_info->memory_map;
    for (uint32_t i = 0; i < start_info->memory_map_entries; ++i) {
      if (map[i].type == USABLE) bytes += map[i].size;
    }
  } else {
    const struct ZeroMapEntry* map = (const struct ZeroMapEntry*)(zero_page + ZERO_PAGE_MAP);
    for (uint32_t i = 0; i < zero_page[ZERO_PAGE_MAP_ENTRIES]; ++i) {
      if (map[i].type == USABLE) bytes += map[i].size;
    }
  }
  return bytes;
}

static uint32_t CountLocalApics(const uint8_t* madt) {
  uint32_t count = 0;
  const uint8_t* end = madt + Read32(madt + TABLE_LENGTH);
  for (const uint8_t* entry = madt + MADT_ENTRIES; entry + 2 <= end && entry[1] >= 2; entry += entry[1]) {
    if (entry[0] == LOCAL_APIC && (entry[4] & ENABLED) != 0) ++count;
  }
  return count;
}

uint32_t ListedProcessors(const struct StartInfo* start_info, const uint8_t* zero_page) {
  const uint64_t rsdp = start_info != NULL ? start_info->rsdp : Read64(zero_page + ZERO_PAGE_RSDP);
  if (rsdp == 0) return 1;
  const uint8_t* xsdt = (const uint8_t*)Read64((const uint8_t*)rsdp + RSDP_XSDT);
  const uint32_t length = Read32(xsdt + TABLE_LENGTH);
  for (uint32_t offset = TABLE_HEADER; offset + 8 <= length; offset += 8) {
    const uint8_t* table = (const uint8_t*)Read64(xsdt + offset);
    if (Read32(table) == 0x43495041) return CountLocalApics(table);  // "APIC"
  }
  return 1;
}

static _Noreturn void Halt(void) {
  for (;;) __asm__ volatile("cli; hlt");
}

void Crash(void) {
  const struct __attribute__((packed)) {
    uint16_t limit;
    uint64_t address;
  } nothing = {0, 0};
  __asm__ volatile("lidt %0; ud2" : : "m"(nothing));
  Halt();
}

void Reset(void) {
  WritePort8(KEYBOARD_COMMAND, PULSE_RESET);
  Halt();
}

void PowerOff(void) {
  WritePort16(PM1A_CONTROL, SLEEP_TYPE_OFF | SLEEP_ENABLE);
  Halt();
}
