#include "hypervisor-backend/kvm/devices/cmos_clock.h"

#include <algorithm>
#include <utility>

namespace cimvisor::kvm {
namespace {

// Registers (MC146818A data sheet; the century and the memory sizes as IBM's AT and its successors have them).
constexpr uint8_t kSeconds = 0x00;
constexpr uint8_t kMinutes = 0x02;
constexpr uint8_t kHours = 0x04;
constexpr uint8_t kDayOfWeek = 0x06;
constexpr uint8_t kDayOfMonth = 0x07;
constexpr uint8_t kMonth = 0x08;
constexpr uint8_t kYear = 0x09;
constexpr uint8_t kStatusA = 0x0a;
constexpr uint8_t kStatusB = 0x0b;
constexpr uint8_t kStatusC = 0x0c;
constexpr uint8_t kStatusD = 0x0d;
constexpr uint8_t kBaseMemory = 0x15;      // KiB, two bytes
constexpr uint8_t kExtendedMemory = 0x17;  // KiB above 1 MiB, two bytes; again at 0x30
constexpr uint8_t kExtendedMemory2 = 0x30;
constexpr uint8_t kCentury = 0x32;
constexpr uint8_t kMemoryAbove16 = 0x34;  // 64 KiB above 16 MiB, two bytes
constexpr uint8_t kMemoryAbove4G = 0x5b;  // 64 KiB above 4 GiB, three bytes

constexpr uint8_t kStatusADefault = 0x26;  // 32,768 Hz time base, 1,024 Hz rate; no update in progress
constexpr uint8_t kSet = 0x80;             // status B: no updates while the date is being set
constexpr uint8_t kBinary = 0x04;
constexpr uint8_t k24Hours = 0x02;
constexpr uint8_t kStatusBBits = kSet | kBinary | k24Hours;
constexpr uint8_t kValid = 0x80;      // status D: the battery is good
constexpr uint8_t kAfternoon = 0x80;  // in 12-hour mode
constexpr uint8_t kIndexMask = 0x7f;  // bit 7 masks the NMI

bool IsDateField(uint8_t index) {
  switch (index) {
    case kSeconds:
    case kMinutes:
    case kHours:
    case kDayOfWeek:
    case kDayOfMonth:
    case kMonth:
    case kYear:
    case kCentury:
      return true;
    default:
      return false;
  }
}

}  // namespace

CmosClock::CmosClock(uint64_t low_memory, uint64_t high_memory, std::function<absl::Time()> clock)
    : clock_(std::move(clock)) {
  absl::MutexLock lock(&mutex_);
  const auto store = [this](uint8_t index, uint64_t value, int bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (int i = 0; i < bytes; ++i) memory_[index + static_cast<size_t>(i)] = static_cast<uint8_t>(value >> (8 * i));
  };
  constexpr uint64_t kMiB = 1 << 20;
  const uint64_t extended = low_memory > kMiB ? std::min<uint64_t>((low_memory - kMiB) >> 10, 0xffff) : 0;
  const uint64_t above16 = low_memory > 16 * kMiB ? std::min<uint64_t>((low_memory - 16 * kMiB) >> 16, 0xffff) : 0;
  store(kBaseMemory, 640, 2);
  store(kExtendedMemory, extended, 2);
  store(kExtendedMemory2, extended, 2);
  store(kMemoryAbove16, above16, 2);
  store(kMemoryAbove4G, std::min<uint64_t>(high_memory >> 16, 0xffffff), 3);
  memory_[kStatusA] = kStatusADefault;
  memory_[kStatusB] = k24Hours;
}

uint64_t CmosClock::Read(uint32_t offset, uint32_t) {
  absl::MutexLock lock(&mutex_);
  return offset == 0 ? index_ : ReadIndexed();
}

void CmosClock::Write(uint32_t offset, uint32_t, uint64_t value) {
  absl::MutexLock lock(&mutex_);
  if (offset == 0) {
    index_ = static_cast<uint8_t>(value & kIndexMask);
  } else {
    WriteIndexed(static_cast<uint8_t>(value));
  }
}

void CmosClock::Reset() {
  absl::MutexLock lock(&mutex_);
  index_ = 0;
}

uint8_t CmosClock::ReadIndexed() {
  if (IsDateField(index_)) return EncodeField(index_, Now());
  switch (index_) {
    case kStatusC:
      return 0;
    case kStatusD:
      return kValid;
    default:
      return memory_[index_];
  }
}

void CmosClock::WriteIndexed(uint8_t value) {
  if (IsDateField(index_)) {
    Date date = Now();
    SetField(index_, value, &date);
    MoveTo(date);
    return;
  }
  switch (index_) {
    case kStatusB: {
      const Date date = Now();
      const bool was_being_set = being_set();
      memory_[kStatusB] = value & kStatusBBits;
      if (was_being_set != being_set()) MoveTo(date);
      break;
    }
    case kStatusC:
    case kStatusD:
      break;  // only read
    default:
      memory_[index_] = value;
      break;
  }
}

CmosClock::Date CmosClock::FromCivil(absl::CivilSecond time) {
  return {.year = time.year(),
          .month = time.month(),
          .day = time.day(),
          .hour = time.hour(),
          .minute = time.minute(),
          .second = time.second()};
}

absl::CivilSecond CmosClock::ToCivil(const Date& date) {
  return absl::CivilSecond(date.year, date.month, date.day, date.hour, date.minute, date.second);
}

CmosClock::Date CmosClock::Now() const {
  return being_set() ? held_ : FromCivil(absl::ToCivilSecond(clock_() + offset_, absl::UTCTimeZone()));
}

void CmosClock::MoveTo(const Date& date) {
  if (being_set()) {
    held_ = date;
  } else {
    offset_ = absl::FromCivil(ToCivil(date), absl::UTCTimeZone()) - clock_();
  }
}

uint8_t CmosClock::EncodeField(uint8_t index, const Date& date) const {
  switch (index) {
    case kSeconds:
      return Encode(date.second);
    case kMinutes:
      return Encode(date.minute);
    case kHours: {
      if ((memory_[kStatusB] & k24Hours) != 0) return Encode(date.hour);
      const int hour = date.hour % 12 == 0 ? 12 : date.hour % 12;
      return static_cast<uint8_t>(Encode(hour) | (date.hour >= 12 ? kAfternoon : 0));
    }
    case kDayOfWeek: {
      // Monday is absl's first day; Sunday is the chip's.
      const int monday_first = static_cast<int>(absl::GetWeekday(ToCivil(date)));
      return Encode((monday_first + 1) % 7 + 1);
    }
    case kDayOfMonth:
      return Encode(date.day);
    case kMonth:
      return Encode(date.month);
    case kYear:
      return Encode(static_cast<int>(date.year % 100));
    default:
      return Encode(static_cast<int>(date.year / 100));
  }
}

void CmosClock::SetField(uint8_t index, uint8_t value, Date* date) const {
  const int number = Decode(value);
  switch (index) {
    case kSeconds:
      date->second = number;
      break;
    case kMinutes:
      date->minute = number;
      break;
    case kHours:
      date->hour = number;
      if ((memory_[kStatusB] & k24Hours) == 0) {
        date->hour = Decode(static_cast<uint8_t>(value & ~kAfternoon)) % 12 + ((value & kAfternoon) != 0 ? 12 : 0);
      }
      break;
    case kDayOfMonth:
      date->day = number;
      break;
    case kMonth:
      date->month = number;
      break;
    case kYear:
      date->year = date->year / 100 * 100 + number;
      break;
    case kCentury:
      date->year = number * 100 + date->year % 100;
      break;
    default:
      break;  // the day of the week follows from the date
  }
}

uint8_t CmosClock::Encode(int value) const {
  if ((memory_[kStatusB] & kBinary) != 0) return static_cast<uint8_t>(value);
  return static_cast<uint8_t>(value / 10 << 4 | value % 10);
}

int CmosClock::Decode(uint8_t value) const {
  if ((memory_[kStatusB] & kBinary) != 0) return value;
  return (value >> 4) * 10 + (value & 0xf);
}

bool CmosClock::being_set() const { return (memory_[kStatusB] & kSet) != 0; }

}  // namespace cimvisor::kvm
