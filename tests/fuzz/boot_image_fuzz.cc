// A kernel file, from anywhere: inspected and loaded into a machine's memory as a kernel, with the same bytes as its
// initrd. Whatever it holds, there is an image whose parts lie in the file and fit, or an error in words.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <utility>

#include "hypervisor-backend/image/boot_image.h"
#include "hypervisor-backend/kvm/boot/boot_loader.h"
#include "hypervisor-backend/kvm/guest_memory.h"

namespace {

namespace image = cimvisor::image;
namespace kvm = cimvisor::kvm;

constexpr uint64_t kMemory = 32ull << 20;

void Require(bool condition) {
  if (!condition) std::abort();
}

const kvm::GuestMemory& Memory() {
  static const std::unique_ptr<kvm::GuestMemory> memory = [] {
    cimvisor::machine::FileDescriptor fd(::memfd_create("guest memory", MFD_CLOEXEC));
    Require(::ftruncate(fd.get(), kMemory) == 0);
    auto mapped = kvm::GuestMemory::Map(std::move(fd), kMemory);
    Require(mapped.ok());
    return *std::move(mapped);
  }();
  return *memory;
}

void CheckElf(const image::ElfImage& elf, size_t size) {
  uint64_t end = 0;
  for (const image::ElfSegment& segment : elf.segments) {
    Require(segment.file_offset <= size && segment.file_size <= size - segment.file_offset);
    Require(segment.file_size <= segment.memory_size && segment.memory_size > 0);
    Require(segment.address >= end);
    end = segment.address + segment.memory_size;
  }
}

void CheckLinux(const image::BzImage& linux_image, size_t size) {
  Require(linux_image.kernel_offset < size && linux_image.kernel_size == size - linux_image.kernel_offset);
  Require(linux_image.memory_needed >= linux_image.kernel_size);
  Require(linux_image.setup_header_end <= size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kvm::BootSource source;
  source.kernel = std::make_unique<image::MemoryByteSource>(absl::MakeConstSpan(data, size));
  auto inspected = image::InspectBootImage(*source.kernel);
  if (!inspected.ok()) {
    Require(!inspected.status().message().empty());
    return 0;
  }
  source.image = *std::move(inspected);
  if (source.image.kind == image::BootImageKind::kElf) {
    CheckElf(source.image.elf, size);
  } else {
    CheckLinux(source.image.linux_image, size);
  }
  source.initrd = std::make_unique<image::MemoryByteSource>(absl::MakeConstSpan(data, size));
  source.command_line = "console=ttyS0";
  const auto start = kvm::LoadBootSource(source, 2, Memory());
  Require(start.ok() || !start.status().message().empty());
  Require(Memory().Clear().ok());
  return 0;
}
