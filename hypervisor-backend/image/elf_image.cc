#include "hypervisor-backend/image/elf_image.h"

#include <elf.h>
#include <string.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "hypervisor-backend/machine/status_macros.h"

namespace cimvisor::image {
namespace {

constexpr size_t kMostProgramHeaders = 128;
constexpr size_t kMostNoteBytes = 64 * 1024;
constexpr uint32_t kXenPhysicalEntry = 18;  // XEN_ELFNOTE_PHYS32_ENTRY (xen/include/public/elfnote.h)
constexpr uint32_t kSmallGuest = 1;
// No machine has its memory's end beyond this, so that sums of addresses and sizes cannot overflow.
constexpr uint64_t kHighestAddress = 1ull << 52;

template <typename T>
absl::Status ReadObject(const ByteSource& source, uint64_t offset, T* object) {
  return source.ReadAt(offset, absl::MakeSpan(reinterpret_cast<uint8_t*>(object), sizeof *object));
}

absl::Status NoKernel(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("the kernel is an ELF file that cannot be booted: ", why));
}

absl::Status Truncated(absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("the kernel is truncated: its ", what, " lies past the end of the file"));
}

bool LiesInFile(const ByteSource& source, uint64_t offset, uint64_t length) {
  return offset <= source.size() && length <= source.size() - offset;
}

absl::StatusOr<std::vector<Elf64_Phdr>> ReadProgramHeaders(const ByteSource& source, const Elf64_Ehdr& header) {
  if (header.e_phentsize != sizeof(Elf64_Phdr)) {
    return NoKernel(
        absl::StrCat("its program headers have ", header.e_phentsize, " bytes in place of ", sizeof(Elf64_Phdr)));
  }
  if (header.e_phnum == 0) return NoKernel("it has no program headers (an object file?)");
  if (header.e_phnum > kMostProgramHeaders) {
    return NoKernel(
        absl::StrCat("it has ", header.e_phnum, " program headers; at most ", kMostProgramHeaders, " are read"));
  }
  std::vector<Elf64_Phdr> headers(header.e_phnum);
  const size_t length = headers.size() * sizeof(Elf64_Phdr);
  if (!LiesInFile(source, header.e_phoff, length)) return Truncated("program header table");
  RETURN_IF_ERROR(source.ReadAt(header.e_phoff, absl::MakeSpan(reinterpret_cast<uint8_t*>(headers.data()), length)));
  return headers;
}

absl::Status AddSegment(const ByteSource& source, const Elf64_Phdr& header, ElfImage* elf) {
  if (header.p_memsz == 0) return absl::OkStatus();
  if (header.p_filesz > header.p_memsz) return NoKernel("a segment is larger in the file than in memory");
  if (!LiesInFile(source, header.p_offset, header.p_filesz)) return Truncated("segment");
  if (header.p_paddr >= kHighestAddress || header.p_memsz >= kHighestAddress) {
    return NoKernel(absl::StrCat("a segment of ", header.p_memsz, " bytes at address 0x", absl::Hex(header.p_paddr),
                                 " lies beyond all memory"));
  }
  elf->segments.push_back({.file_offset = header.p_offset,
                           .file_size = header.p_filesz,
                           .address = header.p_paddr,
                           .memory_size = header.p_memsz});
  return absl::OkStatus();
}

// One note of an ELF file: name and descriptor, each padded to 4 bytes (System V gABI, "Note Section").
struct Note {
  absl::string_view name;
  uint32_t type = 0;
  absl::Span<const uint8_t> descriptor;
};

// Takes the next note off `bytes`; false at the end or where the rest is no note.
bool NextNote(absl::Span<const uint8_t>* bytes, Note* note) {
  Elf64_Nhdr header;
  if (bytes->size() < sizeof header) return false;
  memcpy(&header, bytes->data(), sizeof header);
  bytes->remove_prefix(sizeof header);
  const uint64_t name_size = (uint64_t{header.n_namesz} + 3) & ~uint64_t{3};
  if (name_size > bytes->size()) return false;
  note->name = absl::string_view(reinterpret_cast<const char*>(bytes->data()), header.n_namesz);
  if (!note->name.empty() && note->name.back() == '\0') note->name.remove_suffix(1);
  bytes->remove_prefix(name_size);
  if (header.n_descsz > bytes->size()) return false;
  note->type = header.n_type;
  note->descriptor = bytes->subspan(0, header.n_descsz);
  const uint64_t descriptor_size = (uint64_t{header.n_descsz} + 3) & ~uint64_t{3};
  bytes->remove_prefix(std::min<uint64_t>(descriptor_size, bytes->size()));
  return true;
}

absl::Status ReadNotes(const ByteSource& source, const Elf64_Phdr& header, BootImage* image) {
  if (!LiesInFile(source, header.p_offset, header.p_filesz)) return Truncated("note");
  if (header.p_filesz > kMostNoteBytes) {
    return NoKernel(absl::StrCat("its notes have ", header.p_filesz, " bytes; at most ", kMostNoteBytes, " are read"));
  }
  std::vector<uint8_t> buffer(header.p_filesz);
  RETURN_IF_ERROR(source.ReadAt(header.p_offset, absl::MakeSpan(buffer)));
  absl::Span<const uint8_t> rest = buffer;
  Note note;
  while (NextNote(&rest, &note)) {
    if (note.name == "Xen" && note.type == kXenPhysicalEntry && note.descriptor.size() >= sizeof(uint32_t)) {
      uint32_t entry;  // 4 or 8 bytes; the address is a 32-bit one in both
      memcpy(&entry, note.descriptor.data(), sizeof entry);
      image->elf.pvh_entry = entry;
    }
    if (note.name == "Cimvisor" && note.type == kSmallGuest) image->small_guest = true;
  }
  return absl::OkStatus();
}

absl::Status CheckSegments(ElfImage* elf) {
  if (elf->segments.empty()) return NoKernel("it has nothing to load");
  std::sort(elf->segments.begin(), elf->segments.end(),
            [](const ElfSegment& a, const ElfSegment& b) { return a.address < b.address; });
  for (size_t i = 1; i < elf->segments.size(); ++i) {
    const ElfSegment& before = elf->segments[i - 1];
    if (before.address + before.memory_size > elf->segments[i].address) return NoKernel("its segments overlap");
  }
  return absl::OkStatus();
}

bool LiesInSegment(const ElfImage& elf, uint64_t address) {
  return std::any_of(elf.segments.begin(), elf.segments.end(), [address](const ElfSegment& segment) {
    return address >= segment.address && address - segment.address < segment.file_size;
  });
}

absl::Status CheckEntry(const ElfImage& elf) {
  if (elf.pvh_entry.has_value()) {
    if (LiesInSegment(elf, *elf.pvh_entry)) return absl::OkStatus();
    return NoKernel(absl::StrCat("its PVH entry 0x", absl::Hex(*elf.pvh_entry), " is in none of its segments"));
  }
  if (LiesInSegment(elf, elf.entry)) return absl::OkStatus();
  return NoKernel(absl::StrCat("its entry 0x", absl::Hex(elf.entry),
                               " is in none of its segments by physical address, and it has no PVH entry note"));
}

}  // namespace

absl::StatusOr<BootImage> InspectElf(const ByteSource& source) {
  Elf64_Ehdr header;
  if (!LiesInFile(source, 0, sizeof header)) return Truncated("ELF header");
  RETURN_IF_ERROR(ReadObject(source, 0, &header));
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != EM_X86_64) {
    return NoKernel("it is not for 64-bit x86");
  }
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN) return NoKernel("it is no executable");
  ASSIGN_OR_RETURN(const std::vector<Elf64_Phdr> program_headers, ReadProgramHeaders(source, header));
  BootImage image;
  image.kind = BootImageKind::kElf;
  image.elf.entry = header.e_entry;
  for (const Elf64_Phdr& program_header : program_headers) {
    if (program_header.p_type == PT_INTERP)
      return NoKernel("it is a program for an operating system (it asks for an interpreter)");
    if (program_header.p_type == PT_LOAD) RETURN_IF_ERROR(AddSegment(source, program_header, &image.elf));
    if (program_header.p_type == PT_NOTE) RETURN_IF_ERROR(ReadNotes(source, program_header, &image));
  }
  RETURN_IF_ERROR(CheckSegments(&image.elf));
  RETURN_IF_ERROR(CheckEntry(image.elf));
  return image;
}

}  // namespace cimvisor::image
