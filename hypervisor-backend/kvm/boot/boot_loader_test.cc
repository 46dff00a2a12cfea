#include "hypervisor-backend/kvm/boot/boot_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "hypervisor-backend/kvm/boot/layout.h"
#include "hypervisor-backend/kvm/boot/memory_map.h"

namespace cimvisor::kvm {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<GuestMemory> MakeMemory(uint64_t size) {
  machine::FileDescriptor fd(::memfd_create("guest memory", MFD_CLOEXEC));
  EXPECT_EQ(::ftruncate(fd.get(), static_cast<off_t>(size)), 0);
  auto memory = GuestMemory::Map(std::move(fd), size);
  EXPECT_TRUE(memory.ok()) << memory.status();
  return *std::move(memory);
}

std::unique_ptr<image::ByteSource> Source(const std::vector<uint8_t>* bytes) {
  return std::make_unique<image::MemoryByteSource>(*bytes);
}

template <typename T>
T ReadGuest(const GuestMemory& memory, uint64_t address) {
  const auto range = memory.Range(address, sizeof(T), "a value");
  EXPECT_TRUE(range.ok()) << range.status();
  T value = {};
  if (range.ok()) memcpy(&value, range->data(), sizeof value);
  return value;
}

class BootLoaderTest : public ::testing::Test {
 protected:
  BootLoaderTest() : file_(64 * 1024, 0xab) {}

  // A kernel of 60 KiB, which asks for 1 MiB at 16 MiB.
  BootSource BzImage() {
    BootSource source;
    source.kernel = Source(&file_);
    source.image.kind = image::BootImageKind::kLinuxBzImage;
    source.image.linux_image = {.kernel_offset = 4096,
                                .kernel_size = 60 * 1024,
                                .load_address = 16 << 20,
                                .memory_needed = 1 << 20,
                                .initrd_highest = 0x7fffffff,
                                .command_line_limit = 2047,
                                .setup_header_end = 0x268};
    source.command_line = "console=ttyS0";
    return source;
  }

  BootSource Elf(bool pvh) {
    BootSource source;
    source.kernel = Source(&file_);
    source.image.kind = image::BootImageKind::kElf;
    source.image.elf.segments = {{.file_offset = 0, .file_size = 4096, .address = 0x100000, .memory_size = 8192}};
    source.image.elf.entry = 0x100010;
    if (pvh) source.image.elf.pvh_entry = 0x100020;
    return source;
  }

  std::vector<uint8_t> file_;
  std::vector<uint8_t> initrd_ = std::vector<uint8_t>(5000, 0x77);
};

TEST_F(BootLoaderTest, ABzImageByThe64BitProtocol) {
  const auto memory = MakeMemory(64 << 20);
  BootSource source = BzImage();
  source.initrd = Source(&initrd_);
  const auto start = LoadBootSource(source, 2, *memory);
  ASSERT_TRUE(start.ok()) << start.status();
  EXPECT_EQ(start->mode, ProcessorMode::kLong64);
  EXPECT_EQ(start->instruction_pointer, (16 << 20) + 0x200);
  EXPECT_EQ(start->rsi, kZeroPageAddress);
  EXPECT_EQ(ReadGuest<uint8_t>(*memory, 16 << 20), 0xab);
  // The zero page: the kernel's own header, and what the loader says.
  EXPECT_EQ(ReadGuest<uint16_t>(*memory, kZeroPageAddress + 0x1fe), 0xabab);
  EXPECT_EQ(ReadGuest<uint8_t>(*memory, kZeroPageAddress + 0x210), 0xff);
  EXPECT_EQ(ReadGuest<uint32_t>(*memory, kZeroPageAddress + 0x228), kCommandLineAddress);
  EXPECT_EQ(ReadGuest<uint64_t>(*memory, kZeroPageAddress + 0x70), kAcpiAddress);
  EXPECT_EQ(ReadGuest<uint32_t>(*memory, kZeroPageAddress + 0x21c), 5000);
  const auto initrd = ReadGuest<uint32_t>(*memory, kZeroPageAddress + 0x218);
  EXPECT_EQ(initrd, (64 << 20) - 8192) << "as high as possible, at a page";
  EXPECT_EQ(ReadGuest<uint8_t>(*memory, initrd + 4999), 0x77);
  EXPECT_EQ(ReadGuest<uint8_t>(*memory, kZeroPageAddress + 0x1e8), 4) << "entries of the memory map";
}

TEST_F(BootLoaderTest, TheCommandLineEndsWithAZero) {
  const auto memory = MakeMemory(64 << 20);
  ASSERT_TRUE(LoadBootSource(BzImage(), 1, *memory).ok());
  const auto line = memory->Range(kCommandLineAddress, 14, "the command line");
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(line->data()), 14), std::string("console=ttyS0\0", 14));
}

TEST_F(BootLoaderTest, APvhKernelStartsIn32BitModeWithItsStartInfo) {
  const auto memory = MakeMemory(16 << 20);
  BootSource source = Elf(true);
  source.initrd = Source(&initrd_);
  const auto start = LoadBootSource(source, 1, *memory);
  ASSERT_TRUE(start.ok()) << start.status();
  EXPECT_EQ(start->mode, ProcessorMode::kProtected32);
  EXPECT_EQ(start->instruction_pointer, 0x100020);
  EXPECT_EQ(start->rbx, kStartInfoAddress);
  EXPECT_EQ(ReadGuest<uint32_t>(*memory, kStartInfoAddress), 0x336ec578);
  EXPECT_EQ(ReadGuest<uint32_t>(*memory, kStartInfoAddress + 12), 1) << "one module";
  const auto modules = ReadGuest<uint64_t>(*memory, kStartInfoAddress + 16);
  EXPECT_EQ(ReadGuest<uint64_t>(*memory, modules + 8), 5000);
  EXPECT_EQ(ReadGuest<uint32_t>(*memory, kStartInfoAddress + 48), 4) << "entries of the memory map";
}

TEST_F(BootLoaderTest, AnElfWithoutPvhStartsIn64BitMode) {
  const auto memory = MakeMemory(16 << 20);
  const auto start = LoadBootSource(Elf(false), 1, *memory);
  ASSERT_TRUE(start.ok()) << start.status();
  EXPECT_EQ(start->mode, ProcessorMode::kLong64);
  EXPECT_EQ(start->instruction_pointer, 0x100010);
  // Page tables that map 4 GiB onto themselves.
  EXPECT_EQ(ReadGuest<uint64_t>(*memory, start->page_table), start->page_table + 0x1003);
  EXPECT_EQ(ReadGuest<uint64_t>(*memory, start->page_table + 0x2000 + 2047 * 8), 0xffe00083);
}

TEST_F(BootLoaderTest, WhatDoesNotFitIsRefusedInWords) {
  const auto memory = MakeMemory(2 << 20);
  EXPECT_THAT(std::string(LoadBootSource(BzImage(), 1, *memory).status().message()),
              HasSubstr("the kernel does not fit into the machine's memory"));
  BootSource low = Elf(true);
  low.image.elf.segments[0].address = 0x8000;
  EXPECT_THAT(std::string(LoadBootSource(low, 1, *memory).status().message()), HasSubstr("1 MiB or above"));
  BootSource high = Elf(true);
  high.image.elf.segments[0].address = uint64_t{1} << 51;
  EXPECT_FALSE(LoadBootSource(high, 1, *memory).ok());
  BootSource huge = Elf(true);
  huge.image.elf.segments[0].memory_size = (uint64_t{1} << 52) - 1;
  EXPECT_FALSE(LoadBootSource(huge, 1, *memory).ok());
}

TEST_F(BootLoaderTest, AnInitrdMustFitBetweenTheKernelAndTheEnd) {
  const auto memory = MakeMemory(2 << 20);
  BootSource source = Elf(true);
  const std::vector<uint8_t> large(1 << 20);
  source.initrd = Source(&large);
  EXPECT_THAT(std::string(LoadBootSource(source, 1, *memory).status().message()), HasSubstr("initrd of 1048576 bytes"));
  const std::vector<uint8_t> larger(3 << 20);
  source.initrd = Source(&larger);
  EXPECT_FALSE(LoadBootSource(source, 1, *memory).ok());
  const std::vector<uint8_t> empty;
  source.initrd = Source(&empty);
  EXPECT_THAT(std::string(LoadBootSource(source, 1, *memory).status().message()), HasSubstr("empty"));
  const std::vector<uint8_t> fits(900 << 10);
  source.initrd = Source(&fits);
  EXPECT_TRUE(LoadBootSource(source, 1, *memory).ok());
}

TEST_F(BootLoaderTest, ACommandLineLongerThanTheKernelTakes) {
  const auto memory = MakeMemory(64 << 20);
  BootSource source = BzImage();
  source.command_line = std::string(2048, 'x');
  EXPECT_THAT(std::string(LoadBootSource(source, 1, *memory).status().message()), HasSubstr("2047"));
  source.command_line.pop_back();
  EXPECT_TRUE(LoadBootSource(source, 1, *memory).ok());
}

TEST_F(BootLoaderTest, TheBootProgramsTextIsCutToItsPlace) {
  const auto memory = MakeMemory(2 << 20);
  BootSource source;
  source.boot_order_text = std::string(1 << 20, 'x');
  const auto start = LoadBootSource(source, 1, *memory);
  ASSERT_TRUE(start.ok());
  EXPECT_EQ(start->mode, ProcessorMode::kReal16);
  EXPECT_EQ(ReadGuest<uint8_t>(*memory, kBootTextAddress + kBootTextLimit - 2), 'x');
  EXPECT_EQ(ReadGuest<uint8_t>(*memory, kBootTextAddress + kBootTextLimit - 1), 0);
}

TEST(GuestMemory, MoreThan3GiBContinuesAt4GiB) {
  const auto memory = MakeMemory(uint64_t{4} << 30);
  ASSERT_EQ(memory->regions().size(), 2);
  EXPECT_EQ(memory->low_end(), uint64_t{3} << 30);
  EXPECT_EQ(memory->regions()[1].guest_address, uint64_t{4} << 30);
  EXPECT_EQ(memory->regions()[1].size, uint64_t{1} << 30);
  EXPECT_TRUE(memory->Range(uint64_t{5} << 30, 0, "nothing").ok());
  EXPECT_TRUE(memory->Range((uint64_t{5} << 30) - 1, 1, "the last byte").ok());
  EXPECT_FALSE(memory->Range((uint64_t{5} << 30) - 1, 2, "too much").ok());
  EXPECT_FALSE(memory->Range((uint64_t{3} << 30) - 1, 2, "into the hole").ok());
  EXPECT_FALSE(memory->Range(uint64_t{3} << 30, 1, "the hole").ok());
  EXPECT_FALSE(memory->Range(0, ~uint64_t{0}, "everything").ok());
  EXPECT_FALSE(memory->Range(~uint64_t{0}, 1, "the end of all").ok());
  const std::vector<MemoryMapEntry> map = MakeMemoryMap(*memory);
  ASSERT_EQ(map.size(), 5);
  EXPECT_EQ(map.back().address, uint64_t{4} << 30);
}

TEST(GuestMemory, ClearGivesTheMemoryBack) {
  const auto memory = MakeMemory(2 << 20);
  const std::vector<uint8_t> bytes(1 << 20, 0x11);
  ASSERT_TRUE(memory->Write(0, bytes, "bytes").ok());
  EXPECT_GE(memory->ResidentBytes(), bytes.size());
  ASSERT_TRUE(memory->Clear().ok());
  EXPECT_EQ(memory->ResidentBytes(), 0);
  EXPECT_EQ(ReadGuest<uint64_t>(*memory, 4096), 0);
}

}  // namespace
}  // namespace cimvisor::kvm
