#include "hypervisor-backend/machine/counters.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cimvisor::machine {
namespace {

constexpr uint32_t kMagic = 0x54435643;  // "CVCT"
constexpr uint32_t kVersion = 1;
constexpr int kReadTries = 1000;  // a publication takes well under a microsecond

constexpr auto kRelaxed = std::memory_order_relaxed;

absl::StatusOr<CountersPage*> MapPage(int protection, int flags, int fd) {
  void* page = ::mmap(nullptr, kCountersPageSize, protection, flags, fd, 0);
  if (page == MAP_FAILED) {
    return absl::ResourceExhaustedError(absl::StrCat("cannot map a counters page: ", strerror(errno)));
  }
  return static_cast<CountersPage*>(page);
}

}  // namespace

uint64_t MonotonicNanoseconds() {
  timespec time;
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

absl::StatusOr<CountersMapping> CountersMapping::Map(int fd, bool writable) {
  struct stat file;
  if (::fstat(fd, &file) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("the counters page is no open file: ", strerror(errno)));
  }
  if (static_cast<uint64_t>(file.st_size) < kCountersPageSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("the counters page has ", file.st_size, " bytes in place of ", kCountersPageSize));
  }
  const absl::StatusOr<CountersPage*> page = MapPage(writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd);
  if (!page.ok()) return page.status();
  return CountersMapping(*page);
}

absl::StatusOr<CountersMapping> CountersMapping::MapPrivate() {
  const absl::StatusOr<CountersPage*> page = MapPage(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  if (!page.ok()) return page.status();
  return CountersMapping(*page);
}

CountersMapping::CountersMapping(CountersMapping&& other) noexcept : page_(std::exchange(other.page_, nullptr)) {}

CountersMapping& CountersMapping::operator=(CountersMapping&& other) noexcept {
  std::swap(page_, other.page_);
  return *this;
}

CountersMapping::~CountersMapping() {
  if (page_ != nullptr) ::munmap(page_, kCountersPageSize);
}

void CountersMapping::Publish(const CountersSample& sample) {
  // A writer that died in the middle left the sequence odd: begin from the next even number.
  const uint64_t before = (page_->sequence.load(kRelaxed) + 1) & ~uint64_t{1};
  page_->sequence.store(before + 1, kRelaxed);
  // Each store releases, so that a reader who sees one of them sees the odd sequence too.
  constexpr auto kRelease = std::memory_order_release;
  page_->magic.store(kMagic, kRelease);
  page_->version.store(kVersion, kRelease);
  page_->uptime_nanoseconds.store(sample.uptime_nanoseconds, kRelease);
  page_->running_since.store(sample.running_since, kRelease);
  page_->memory_resident_bytes.store(sample.memory_resident_bytes, kRelease);
  page_->exits.store(sample.exits, kRelease);
  page_->userspace_exits.store(sample.userspace_exits, kRelease);
  const size_t processors = std::min<size_t>(sample.processor_nanoseconds.size(), kMaximumProcessors);
  page_->processors.store(static_cast<uint32_t>(processors), kRelease);
  for (size_t i = 0; i < processors; ++i) {
    page_->processor_nanoseconds[i].store(sample.processor_nanoseconds[i], kRelease);
  }
  page_->sequence.store(before + 2, std::memory_order_release);
}

absl::StatusOr<Counters> CountersMapping::Read() const {
  constexpr auto kAcquire = std::memory_order_acquire;
  for (int i = 0; i < kReadTries; ++i) {
    const uint64_t before = page_->sequence.load(kAcquire);
    if (before % 2 != 0) continue;
    const uint32_t magic = page_->magic.load(kAcquire);
    const uint32_t version = page_->version.load(kAcquire);
    const uint64_t running_since = page_->running_since.load(kAcquire);
    uint64_t uptime = page_->uptime_nanoseconds.load(kAcquire);
    Counters counters;
    counters.memory_resident_bytes = page_->memory_resident_bytes.load(kAcquire);
    counters.exits = page_->exits.load(kAcquire);
    counters.userspace_exits = page_->userspace_exits.load(kAcquire);
    const uint32_t processors = page_->processors.load(kAcquire);
    if (processors <= kMaximumProcessors) {
      for (uint32_t p = 0; p < processors; ++p) {
        counters.processor_nanoseconds.push_back(page_->processor_nanoseconds[p].load(kAcquire));
      }
    }
    if (page_->sequence.load(kAcquire) != before) continue;
    if (before == 0) return Counters();  // nothing was published yet
    if (magic != kMagic || version != kVersion || processors > kMaximumProcessors) {
      return absl::DataLossError(absl::StrCat("the counters page is none of version ", kVersion));
    }
    const uint64_t now = MonotonicNanoseconds();
    if (running_since != 0 && now > running_since) uptime += now - running_since;
    counters.uptime = absl::Nanoseconds(static_cast<int64_t>(uptime));
    return counters;
  }
  return absl::UnavailableError("the machine is in the middle of publishing its counters, or died doing so");
}

}  // namespace cimvisor::machine
