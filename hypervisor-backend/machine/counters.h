// The counters page: what a running machine publishes about itself in shared memory, so that reading it costs nothing
// and never waits for the machine.
//
// Layout of the page (little endian; offsets in bytes):
//   0   u32 magic "CVCT"        4   u32 version, 1
//   8   u64 sequence: odd while the writer writes; a reader that sees it odd or changed reads again
//   16  u64 uptime_nanoseconds: time that the machine ran, up to running_since
//   24  u64 running_since: CLOCK_MONOTONIC nanoseconds since which it runs without pause, 0 while it does not
//   32  u64 memory_resident_bytes
//   40  u64 exits               48  u64 userspace_exits
//   56  u32 processors          60  u32 reserved, 0
//   64  u64 processor_nanoseconds[processors]
#ifndef CIMVISOR_HYPERVISOR_BACKEND_MACHINE_COUNTERS_H_
#define CIMVISOR_HYPERVISOR_BACKEND_MACHINE_COUNTERS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "hypervisor-backend/machine/machine.h"

namespace cimvisor::machine {

inline constexpr size_t kCountersPageSize = 4096;
inline constexpr uint32_t kMaximumProcessors = 240;  // Hyper-V's limit for one machine

struct CountersPage {
  std::atomic<uint32_t> magic;
  std::atomic<uint32_t> version;
  std::atomic<uint64_t> sequence;
  std::atomic<uint64_t> uptime_nanoseconds;
  std::atomic<uint64_t> running_since;
  std::atomic<uint64_t> memory_resident_bytes;
  std::atomic<uint64_t> exits;
  std::atomic<uint64_t> userspace_exits;
  std::atomic<uint32_t> processors;
  std::atomic<uint32_t> reserved;
  std::array<std::atomic<uint64_t>, (kCountersPageSize - 64) / 8> processor_nanoseconds;
};
static_assert(sizeof(CountersPage) == kCountersPageSize);
static_assert(offsetof(CountersPage, processor_nanoseconds) == 64);
static_assert(std::atomic<uint64_t>::is_always_lock_free);

// What one publication says.
struct CountersSample {
  uint64_t uptime_nanoseconds = 0;
  uint64_t running_since = 0;
  uint64_t memory_resident_bytes = 0;
  uint64_t exits = 0;
  uint64_t userspace_exits = 0;
  absl::Span<const uint64_t> processor_nanoseconds = {};  // at most kMaximumProcessors
};

// A mapping of a counters page. Movable; unmaps when it goes.
class CountersMapping {
 public:
  // Maps the page behind `fd` (a memfd of at least kCountersPageSize bytes; not closed). kInvalidArgument when the file
  // is too short, else the error of mmap.
  static absl::StatusOr<CountersMapping> Map(int fd, bool writable);
  // A page of its own, that nobody else sees.
  static absl::StatusOr<CountersMapping> MapPrivate();

  CountersMapping(CountersMapping&& other) noexcept;
  CountersMapping& operator=(CountersMapping&& other) noexcept;
  ~CountersMapping();

  // Publishes. One writer at a time; needs a writable mapping.
  void Publish(const CountersSample& sample);

  // Reads a consistent sample; uptime is that of now. Never waits: gives up with kUnavailable after some tries against
  // a writer (or one that died while writing); kDataLoss when the page is not a counters page of this version.
  absl::StatusOr<Counters> Read() const;

 private:
  explicit CountersMapping(CountersPage* page) : page_(page) {}
  CountersPage* page_ = nullptr;
};

// CLOCK_MONOTONIC in nanoseconds: the clock of CountersPage::running_since.
uint64_t MonotonicNanoseconds();

}  // namespace cimvisor::machine

#endif  // CIMVISOR_HYPERVISOR_BACKEND_MACHINE_COUNTERS_H_
