// A machine's memory: a memfd, mapped shared, and where its parts stand in the guest's address space.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_GUEST_MEMORY_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_GUEST_MEMORY_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "hypervisor-backend/machine/file_descriptor.h"

namespace cimvisor::kvm {

// Memory stands below 3 GiB and, what is more than that, from 4 GiB on. Between them are the interrupt controllers and
// whatever devices have registers in memory.
inline constexpr uint64_t kMemoryHoleStart = 3ull << 30;
inline constexpr uint64_t kMemoryHoleEnd = 4ull << 30;

struct MemoryRegion {
  uint64_t guest_address;
  uint64_t size;
  uint64_t file_offset;
  uint8_t* host_address;
};

// The layout is fixed at creation; the bytes belong to the guest, which changes them at any time. Thread-safe in that
// sense: nothing here may rely on what it read a moment ago.
class GuestMemory {
 public:
  // Maps `size` bytes of the memfd `fd`, which is taken over. kInvalidArgument when the size is 0, no multiple of 2
  // MiB, or not that of the file; kResourceExhausted when it cannot be mapped.
  static absl::StatusOr<std::unique_ptr<GuestMemory>> Map(machine::FileDescriptor fd, uint64_t size);
  ~GuestMemory();
  GuestMemory(const GuestMemory&) = delete;
  GuestMemory& operator=(const GuestMemory&) = delete;

  uint64_t size() const { return size_; }
  const std::vector<MemoryRegion>& regions() const { return regions_; }
  // The first address after the memory below the hole.
  uint64_t low_end() const { return regions_.front().size; }

  // The bytes at a guest-physical range, which must lie within one region: kOutOfRange otherwise, in a message that
  // says `what` does not fit.
  absl::StatusOr<absl::Span<uint8_t>> Range(uint64_t address, uint64_t length, absl::string_view what) const;
  absl::Status Write(uint64_t address, absl::Span<const uint8_t> bytes, absl::string_view what) const;

  // Makes every byte zero and gives the memory back to the host. The vCPUs must stand still.
  absl::Status Clear() const;
  // How much of the memory is touched, as the host sees it.
  uint64_t ResidentBytes() const;

 private:
  GuestMemory(machine::FileDescriptor fd, uint8_t* base, uint64_t size);

  const machine::FileDescriptor fd_;
  uint8_t* const base_;
  const uint64_t size_;
  std::vector<MemoryRegion> regions_;
};

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_GUEST_MEMORY_H_
