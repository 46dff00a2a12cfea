#include "hypervisor-backend/kvm/guest_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"

namespace cimvisor::kvm {
namespace {

constexpr uint64_t kGranule = 2ull << 20;

}  // namespace

absl::StatusOr<std::unique_ptr<GuestMemory>> GuestMemory::Map(machine::FileDescriptor fd, uint64_t size) {
  if (size == 0 || size % kGranule != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("a machine's memory must be a multiple of 2 MiB and not zero; ", size, " bytes are not"));
  }
  struct stat file;
  if (::fstat(fd.get(), &file) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("the machine's memory is no open file: ", strerror(errno)));
  }
  if (static_cast<uint64_t>(file.st_size) != size) {
    return absl::InvalidArgumentError(
        absl::StrCat("the machine's memory file has ", file.st_size, " bytes, but its specification says ", size));
  }
  void* base = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd.get(), 0);
  if (base == MAP_FAILED) {
    return absl::ResourceExhaustedError(absl::StrCat("cannot map ", size, " bytes of memory: ", strerror(errno)));
  }
  // A guest's memory is not ours to write into a core file. Failing to say so is no reason not to run.
  (void)::madvise(base, size, MADV_DONTDUMP);
  return absl::WrapUnique(new GuestMemory(std::move(fd), static_cast<uint8_t*>(base), size));
}

GuestMemory::GuestMemory(machine::FileDescriptor fd, uint8_t* base, uint64_t size)
    : fd_(std::move(fd)), base_(base), size_(size) {
  const uint64_t low = std::min(size, kMemoryHoleStart);
  regions_.push_back({.guest_address = 0, .size = low, .file_offset = 0, .host_address = base});
  if (size > low) {
    regions_.push_back(
        {.guest_address = kMemoryHoleEnd, .size = size - low, .file_offset = low, .host_address = base + low});
  }
}

GuestMemory::~GuestMemory() { ::munmap(base_, size_); }

absl::StatusOr<absl::Span<uint8_t>> GuestMemory::Range(uint64_t address, uint64_t length,
                                                       absl::string_view what) const {
  for (const MemoryRegion& region : regions_) {
    if (address < region.guest_address || address - region.guest_address > region.size) continue;
    const uint64_t offset = address - region.guest_address;
    if (length <= region.size - offset) return absl::MakeSpan(region.host_address + offset, length);
  }
  return absl::OutOfRangeError(absl::StrCat(what, " does not fit into the machine's memory: ", length,
                                            " bytes at address 0x", absl::Hex(address), ", with ", size_ >> 20,
                                            " MiB of memory; give the machine more"));
}

absl::Status GuestMemory::Write(uint64_t address, absl::Span<const uint8_t> bytes, absl::string_view what) const {
  absl::StatusOr<absl::Span<uint8_t>> target = Range(address, bytes.size(), what);
  if (!target.ok()) return target.status();
  if (!bytes.empty()) memcpy(target->data(), bytes.data(), bytes.size());
  return absl::OkStatus();
}

absl::Status GuestMemory::Clear() const {
  if (::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size_)) != 0) {
    return absl::InternalError(absl::StrCat("cannot clear the machine's memory: ", strerror(errno)));
  }
  return absl::OkStatus();
}

uint64_t GuestMemory::ResidentBytes() const {
  struct stat file;
  return ::fstat(fd_.get(), &file) == 0 ? static_cast<uint64_t>(file.st_blocks) * 512 : 0;
}

}  // namespace cimvisor::kvm
