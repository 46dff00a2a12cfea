#include "hypervisor-backend/image/boot_image.h"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string.h>

#include <string>
#include <vector>

namespace cimvisor::image {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<BootImage> Inspect(const std::string& file) {
  const MemoryByteSource source(absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(file.data()), file.size()));
  return InspectBootImage(source);
}

std::string RefusalOf(const std::string& file) {
  const auto image = Inspect(file);
  EXPECT_FALSE(image.ok());
  if (image.ok()) return "accepted";
  EXPECT_EQ(image.status().code(), absl::StatusCode::kInvalidArgument) << image.status();
  return std::string(image.status().message());
}

template <typename T>
void Put(std::string* file, size_t offset, T value) {
  if (file->size() < offset + sizeof value) file->resize(offset + sizeof value);
  memcpy(file->data() + offset, &value, sizeof value);
}

// A bzImage with one sector of setup code and 4 KiB of kernel.
std::string BzImageFile() {
  std::string file(1024 + 4096, '\x90');
  Put<uint8_t>(&file, 0x1f1, 1);
  Put<uint8_t>(&file, 0x201, 0x66);
  memcpy(file.data() + 0x202, "HdrS", 4);
  Put<uint16_t>(&file, 0x206, 0x020f);
  Put<uint8_t>(&file, 0x211, 0x01);
  Put<uint32_t>(&file, 0x22c, 0x7fffffff);
  Put<uint16_t>(&file, 0x236, 0x0003);
  Put<uint32_t>(&file, 0x238, 2047);
  Put<uint32_t>(&file, 0x248, 0);
  Put<uint32_t>(&file, 0x24c, 4096);
  Put<uint64_t>(&file, 0x258, 0x1000000);
  Put<uint32_t>(&file, 0x260, 0x10000);
  return file;
}

struct ElfParts {
  Elf64_Ehdr header = {};
  std::vector<Elf64_Phdr> segments;
  std::string data;  // at offset 0x1000
};

ElfParts Elf() {
  ElfParts parts;
  memcpy(parts.header.e_ident, ELFMAG, SELFMAG);
  parts.header.e_ident[EI_CLASS] = ELFCLASS64;
  parts.header.e_ident[EI_DATA] = ELFDATA2LSB;
  parts.header.e_type = ET_EXEC;
  parts.header.e_machine = EM_X86_64;
  parts.header.e_entry = 0x100010;
  parts.header.e_phoff = sizeof(Elf64_Ehdr);
  parts.header.e_phentsize = sizeof(Elf64_Phdr);
  Elf64_Phdr load = {};
  load.p_type = PT_LOAD;
  load.p_offset = 0x1000;
  load.p_filesz = 0x100;
  load.p_memsz = 0x2000;
  load.p_paddr = 0x100000;
  parts.segments.push_back(load);
  parts.data = std::string(0x200, '\xf4');
  return parts;
}

std::string ElfFile(ElfParts parts) {
  if (parts.header.e_phnum == 0) parts.header.e_phnum = static_cast<uint16_t>(parts.segments.size());
  std::string file(0x1000, '\0');
  memcpy(file.data(), &parts.header, sizeof parts.header);
  for (size_t i = 0; i < parts.segments.size(); ++i) {
    memcpy(file.data() + sizeof parts.header + i * sizeof(Elf64_Phdr), &parts.segments[i], sizeof(Elf64_Phdr));
  }
  return file + parts.data;
}

std::string Note(const std::string& name, uint32_t type, const std::string& descriptor) {
  std::string note(12, '\0');
  Put<uint32_t>(&note, 0, static_cast<uint32_t>(name.size() + 1));
  Put<uint32_t>(&note, 4, static_cast<uint32_t>(descriptor.size()));
  Put<uint32_t>(&note, 8, type);
  note += name;
  note += std::string(4 - name.size() % 4, '\0');
  note += descriptor;
  return note + std::string((4 - descriptor.size() % 4) % 4, '\0');
}

// Adds `notes` behind the segment's data.
ElfParts ElfWithNotes(const std::string& notes) {
  ElfParts parts = Elf();
  Elf64_Phdr note = {};
  note.p_type = PT_NOTE;
  note.p_offset = 0x1000 + parts.data.size();
  note.p_filesz = notes.size();
  parts.segments.push_back(note);
  parts.data += notes;
  return parts;
}

std::string Address(uint32_t address) {
  std::string bytes;
  Put(&bytes, 0, address);
  return bytes;
}

TEST(BootImage, ABzImage) {
  const auto image = Inspect(BzImageFile());
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->kind, BootImageKind::kLinuxBzImage);
  EXPECT_EQ(image->linux_image.kernel_offset, 1024);
  EXPECT_EQ(image->linux_image.kernel_size, 4096);
  EXPECT_EQ(image->linux_image.load_address, 0x1000000);
  EXPECT_EQ(image->linux_image.memory_needed, 0x10000);
  EXPECT_EQ(image->linux_image.command_line_limit, 2047);
  EXPECT_FALSE(image->small_guest);
}

TEST(BootImage, FilesThatAreNoKernel) {
  EXPECT_THAT(RefusalOf(""), HasSubstr("empty"));
  EXPECT_THAT(RefusalOf("x"), HasSubstr("no kernel"));
  EXPECT_THAT(RefusalOf("#!/bin/sh\necho hello\n"), HasSubstr("no kernel"));
  EXPECT_THAT(RefusalOf(std::string(1 << 16, '\xff')), HasSubstr("no kernel"));
}

TEST(BootImage, ABzImageCutAnywhereIsRefused) {
  const std::string whole = BzImageFile();
  for (size_t size = 1; size < whole.size(); size += 7) {
    EXPECT_FALSE(Inspect(whole.substr(0, size)).ok()) << size << " bytes";
  }
  EXPECT_THAT(RefusalOf(whole.substr(0, 0x220)), HasSubstr("truncated"));
  EXPECT_THAT(RefusalOf(whole.substr(0, 1024)), HasSubstr("truncated"));
  EXPECT_THAT(RefusalOf(whole.substr(0, 4000)), HasSubstr("truncated"));
}

TEST(BootImage, ABzImageThatLies) {
  std::string file = BzImageFile();
  Put<uint8_t>(&file, 0x1f1, 255);
  EXPECT_THAT(RefusalOf(file), HasSubstr("255 sectors"));
  file = BzImageFile();
  Put<uint32_t>(&file, 0x248, 0xffffffff);
  EXPECT_THAT(RefusalOf(file), HasSubstr("truncated"));
  file = BzImageFile();
  Put<uint64_t>(&file, 0x258, 0xffffffffffff0000);
  EXPECT_THAT(RefusalOf(file), HasSubstr("wants to be at address"));
  file = BzImageFile();
  Put<uint64_t>(&file, 0x258, 0);
  EXPECT_THAT(RefusalOf(file), HasSubstr("wants to be at address"));
  file = BzImageFile();
  Put<uint8_t>(&file, 0x201, 0);
  EXPECT_THAT(RefusalOf(file), HasSubstr("header is too short"));
}

TEST(BootImage, OldOrOtherLinuxKernels) {
  std::string file = BzImageFile();
  Put<uint16_t>(&file, 0x206, 0x0204);
  EXPECT_THAT(RefusalOf(file), HasSubstr("2.4"));
  file = BzImageFile();
  Put<uint16_t>(&file, 0x236, 0);
  EXPECT_THAT(RefusalOf(file), HasSubstr("64-bit"));
  file = BzImageFile();
  Put<uint8_t>(&file, 0x211, 0);
  EXPECT_THAT(RefusalOf(file), HasSubstr("zImage"));
}

TEST(BootImage, AnElfWithA64BitEntry) {
  const auto image = Inspect(ElfFile(Elf()));
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->kind, BootImageKind::kElf);
  ASSERT_EQ(image->elf.segments.size(), 1);
  EXPECT_EQ(image->elf.segments[0].memory_size, 0x2000);
  EXPECT_FALSE(image->elf.pvh_entry.has_value());
}

TEST(BootImage, PvhAndSmallGuestNotes) {
  const auto image = Inspect(ElfFile(ElfWithNotes(Note("Xen", 18, Address(0x100020)) + Note("Cimvisor", 1, ""))));
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->elf.pvh_entry, 0x100020);
  EXPECT_TRUE(image->small_guest);
}

TEST(BootImage, OtherNotesMeanNothing) {
  const auto image = Inspect(ElfFile(ElfWithNotes(Note("Xen", 17, Address(0x100020)) + Note("Cimvisor", 2, "") +
                                                  Note("GNU", 1, "abcd") + Note("Cimvisors", 1, ""))));
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_FALSE(image->elf.pvh_entry.has_value());
  EXPECT_FALSE(image->small_guest);
}

TEST(BootImage, NotesThatLieAreNotRead) {
  std::string note = Note("Xen", 18, Address(0x100020));
  Put<uint32_t>(&note, 0, 0xfffffffe);  // the name's size
  EXPECT_FALSE(Inspect(ElfFile(ElfWithNotes(note)))->elf.pvh_entry.has_value());
  note = Note("Xen", 18, Address(0x100020));
  Put<uint32_t>(&note, 4, 0xffffffff);  // the descriptor's
  EXPECT_FALSE(Inspect(ElfFile(ElfWithNotes(note)))->elf.pvh_entry.has_value());
  EXPECT_FALSE(Inspect(ElfFile(ElfWithNotes(Note("Xen", 18, "ab"))))->elf.pvh_entry.has_value());
}

TEST(BootImage, AnEntryOutsideTheKernel) {
  EXPECT_THAT(RefusalOf(ElfFile(ElfWithNotes(Note("Xen", 18, Address(0x500000))))), HasSubstr("PVH entry"));
  ElfParts parts = Elf();
  parts.header.e_entry = 0xffffffff81000000;
  EXPECT_THAT(RefusalOf(ElfFile(parts)), HasSubstr("entry"));
}

TEST(BootImage, ElfFilesForSomethingElse) {
  ElfParts parts = Elf();
  parts.header.e_machine = EM_AARCH64;
  EXPECT_THAT(RefusalOf(ElfFile(parts)), HasSubstr("64-bit x86"));
  parts = Elf();
  parts.header.e_ident[EI_CLASS] = ELFCLASS32;
  EXPECT_THAT(RefusalOf(ElfFile(parts)), HasSubstr("64-bit x86"));
  parts = Elf();
  parts.header.e_type = ET_REL;
  EXPECT_THAT(RefusalOf(ElfFile(parts)), HasSubstr("no executable"));
  parts = Elf();
  parts.segments.push_back({.p_type = PT_INTERP,
                            .p_flags = 0,
                            .p_offset = 0,
                            .p_vaddr = 0,
                            .p_paddr = 0,
                            .p_filesz = 0,
                            .p_memsz = 0,
                            .p_align = 0});
  EXPECT_THAT(RefusalOf(ElfFile(parts)), HasSubstr("interpreter"));
}

TEST(BootImage, ElfHeadersThatLie) {
  ElfParts parts = Elf();
  parts.header.e_phoff = 0xffffffffffffffff;
  EXPECT_THAT(RefusalOf(ElfFile(parts)), HasSubstr("truncated"));
  parts = Elf();
  parts.header.e_phnum = 0xffff;
  EXPECT_THAT(RefusalOf(ElfFile(parts)), HasSubstr("65535"));
  parts = Elf();
  parts.header.e_phentsize = 1;
  EXPECT_THAT(RefusalOf(ElfFile(parts)), HasSubstr("56"));
  parts = Elf();
  parts.segments.clear();
  EXPECT_THAT(RefusalOf(ElfFile(parts)), HasSubstr("no program headers"));
}

TEST(BootImage, SegmentsThatLie) {
  ElfParts parts = Elf();
  parts.segments[0].p_offset = 0xfffffffffffffff0;
  EXPECT_THAT(RefusalOf(ElfFile(parts)), HasSubstr("truncated"));
  parts = Elf();
  parts.segments[0].p_filesz = 0x100000;
  parts.segments[0].p_memsz = 0x100000;
  EXPECT_THAT(RefusalOf(ElfFile(parts)), HasSubstr("truncated"));
  parts = Elf();
  parts.segments[0].p_memsz = 1;
  EXPECT_THAT(RefusalOf(ElfFile(parts)), HasSubstr("larger in the file"));
  parts = Elf();
  parts.segments[0].p_memsz = 0xffffffffffffffff;
  EXPECT_THAT(RefusalOf(ElfFile(parts)), HasSubstr("beyond all memory"));
  parts = Elf();
  parts.segments[0].p_memsz = 0;
  parts.segments[0].p_filesz = 0;
  EXPECT_THAT(RefusalOf(ElfFile(parts)), HasSubstr("nothing to load"));
  parts = Elf();
  parts.segments.push_back(parts.segments[0]);
  EXPECT_THAT(RefusalOf(ElfFile(parts)), HasSubstr("overlap"));
}

TEST(BootImage, AnElfCutAnywhereIsRefused) {
  ElfParts parts = Elf();
  parts.data.resize(parts.segments[0].p_filesz);
  const std::string whole = ElfFile(parts);
  for (size_t size = 1; size < whole.size(); size += 13) EXPECT_FALSE(Inspect(whole.substr(0, size)).ok()) << size;
}

}  // namespace
}  // namespace cimvisor::image
