#include "hypervisor-backend/kvm/registers.h"

#include "absl/strings/str_format.h"

namespace cimvisor::kvm {
namespace {

// Bits of control registers and EFER (Intel SDM vol. 3, §2.5 and §2.2.1).
constexpr uint64_t kCr0ProtectedMode = 1u << 0;
constexpr uint64_t kCr0ExtensionType = 1u << 4;
constexpr uint64_t kCr0Paging = 1u << 31;
constexpr uint64_t kCr4PhysicalAddressExtension = 1u << 5;
constexpr uint64_t kEferLongModeEnable = 1u << 8;
constexpr uint64_t kEferLongModeActive = 1u << 10;
constexpr uint64_t kFlagsReserved = 1u << 1;

// Segment types (SDM vol. 3, §3.4.5.1 and §3.5).
constexpr uint8_t kTypeCode = 0xb;  // execute, read, accessed
constexpr uint8_t kTypeData = 0x3;  // read, write, accessed
constexpr uint8_t kTypeBusyTask = 0xb;

kvm_segment FlatSegment(uint16_t selector, uint8_t type, bool long_mode_code) {
  kvm_segment segment = {};
  segment.limit = 0xffffffff;
  segment.selector = selector;
  segment.type = type;
  segment.present = 1;
  segment.db = long_mode_code ? 0 : 1;
  segment.s = 1;
  segment.l = long_mode_code ? 1 : 0;
  segment.g = 1;
  return segment;
}

kvm_segment RealModeSegment(uint8_t type) {
  kvm_segment segment = {};
  segment.limit = 0xffff;
  segment.type = type;
  segment.present = 1;
  segment.s = 1;
  return segment;
}

void SetDataSegments(kvm_sregs* system, const kvm_segment& data) {
  system->ds = system->es = system->fs = system->gs = system->ss = data;
}

}  // namespace

kvm_regs StartRegisters(const StartState& start) {
  kvm_regs registers = {};
  registers.rip = start.instruction_pointer;
  registers.rsp = start.rsp;
  registers.rbx = start.rbx;
  registers.rsi = start.rsi;
  registers.rflags = kFlagsReserved;
  return registers;
}

kvm_sregs StartSystemRegisters(const StartState& start, const kvm_sregs& reset) {
  kvm_sregs system = reset;
  if (start.mode == ProcessorMode::kReal16) {
    system.cs = RealModeSegment(kTypeCode);
    SetDataSegments(&system, RealModeSegment(kTypeData));
    return system;
  }
  const bool long_mode = start.mode == ProcessorMode::kLong64;
  system.cs = FlatSegment(kCodeSelector, kTypeCode, long_mode);
  SetDataSegments(&system, FlatSegment(kDataSelector, kTypeData, false));
  system.tr = {};
  system.tr.limit = 0x67;
  system.tr.selector = kTaskSelector;
  system.tr.type = kTypeBusyTask;
  system.tr.present = 1;
  system.gdt.base = start.gdt_address;
  system.gdt.limit = static_cast<uint16_t>(start.gdt_entries * 8 - 1);
  system.idt.base = 0;
  system.idt.limit = 0;  // no handler yet: a fault before the guest has its own is a triple fault
  system.cr0 = kCr0ProtectedMode | kCr0ExtensionType;
  system.cr4 = 0;
  system.efer = 0;
  if (long_mode) {
    system.cr0 |= kCr0Paging;
    system.cr3 = start.page_table;
    system.cr4 = kCr4PhysicalAddressExtension;
    system.efer = kEferLongModeEnable | kEferLongModeActive;
  }
  return system;
}

std::string FormatRegisters(const kvm_regs& r, const kvm_sregs& s) {
  std::string text = absl::StrFormat(
      "rax %016x rbx %016x rcx %016x rdx %016x\n"
      "rsi %016x rdi %016x rbp %016x rsp %016x\n"
      "r8  %016x r9  %016x r10 %016x r11 %016x\n"
      "r12 %016x r13 %016x r14 %016x r15 %016x\n"
      "rip %016x rflags %08x\n",
      r.rax, r.rbx, r.rcx, r.rdx, r.rsi, r.rdi, r.rbp, r.rsp, r.r8, r.r9, r.r10, r.r11, r.r12, r.r13, r.r14, r.r15,
      r.rip, r.rflags);
  const struct {
    const char* name;
    const kvm_segment* segment;
  } segments[] = {{"cs", &s.cs}, {"ss", &s.ss}, {"ds", &s.ds}, {"es", &s.es},
                  {"fs", &s.fs}, {"gs", &s.gs}, {"tr", &s.tr}};
  for (const auto& [name, segment] : segments) {
    absl::StrAppendFormat(&text, "%s %04x base %016x limit %08x type %x\n", name, segment->selector, segment->base,
                          segment->limit, segment->type);
  }
  absl::StrAppendFormat(&text, "gdt %016x:%04x idt %016x:%04x\n", s.gdt.base, s.gdt.limit, s.idt.base, s.idt.limit);
  absl::StrAppendFormat(&text, "cr0 %08x cr2 %016x cr3 %016x cr4 %08x efer %08x\n", s.cr0, s.cr2, s.cr3, s.cr4, s.efer);
  return text;
}

}  // namespace cimvisor::kvm
