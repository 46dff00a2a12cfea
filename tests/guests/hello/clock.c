#include "tests/guests/hello/clock.h"

#include "tests/guests/hello/ports.h"

#define PM_TIMER 0x608
#define PM_TICKS_PER_MILLISECOND 3580

#define CLOCK_INDEX 0x70
#define CLOCK_DATA 0x71

void WaitMilliseconds(uint32_t milliseconds) {
  const uint32_t start = ReadPort32(PM_TIMER);
  while (ReadPort32(PM_TIMER) - start < milliseconds * PM_TICKS_PER_MILLISECOND) {
  }
}

static uint32_t ReadClock(uint8_t index) {
  WritePort8(CLOCK_INDEX, index);
  const uint8_t value = ReadPort8(CLOCK_DATA);  // BCD
  return (value >> 4) * 10u + (value & 0xfu);
}

static uint64_t ClockSecondsOnce(void) {
  static const uint16_t days_before_month[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  const uint32_t year = ReadClock(0x09);  // of this century
  const uint32_t month = ReadClock(0x08);
  uint64_t days = year * 365u + (year + 3) / 4 + ReadClock(0x07) - 1;
  if (month >= 1 && month <= 12) days += days_before_month[month - 1];
  if (month > 2 && year % 4 == 0) ++days;
  return ((days * 24 + ReadClock(0x04)) * 60 + ReadClock(0x02)) * 60 + ReadClock(0x00);
}

uint64_t ClockSeconds(void) {
  // Read again until no field changed in between.
  uint64_t seconds = ClockSecondsOnce();
  for (;;) {
    const uint64_t again = ClockSecondsOnce();
    if (again == seconds) return seconds;
    seconds = again;
  }
}
