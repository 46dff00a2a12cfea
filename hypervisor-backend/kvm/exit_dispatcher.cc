#include "hypervisor-backend/kvm/exit_dispatcher.h"

#include <linux/kvm.h>
#include <string.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace cimvisor::kvm {
namespace {

constexpr size_t kLongestInstruction = 15;
constexpr uint64_t kPageSize = 4096;

absl::string_view SuberrorName(uint32_t suberror) {
  switch (suberror) {
    case KVM_INTERNAL_ERROR_EMULATION:
      return "emulation failed";
    case KVM_INTERNAL_ERROR_SIMUL_EX:
      return "simultaneous exceptions";
    case KVM_INTERNAL_ERROR_DELIVERY_EV:
      return "an event could not be delivered";
    case KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON:
      return "unexpected exit from hardware";
    default:
      return "internal error";
  }
}

}  // namespace

bool ExitDispatcher::HandleExit(Vcpu& vcpu) {
  const kvm_run& run = vcpu.run();
  switch (run.exit_reason) {
    case KVM_EXIT_IO:
      return HandlePortAccess(vcpu);
    case KVM_EXIT_MMIO:
      HandleMemoryAccess(vcpu);
      return true;
    case KVM_EXIT_INTR:
    case KVM_EXIT_IRQ_WINDOW_OPEN:
    case KVM_EXIT_HLT:  // the in-kernel interrupt controller wakes it
      return true;
    case KVM_EXIT_SHUTDOWN: {
      machine::EndReason reason;
      reason.kind = machine::EndKind::kTripleFault;
      reason.detail = absl::StrCat("triple fault on processor ", vcpu.index(), " ", InstructionText(vcpu));
      reason.registers = vcpu.DumpRegisters();
      ends_->OnTripleFault(std::move(reason));
      return false;
    }
    case KVM_EXIT_SYSTEM_EVENT:
      return HandleSystemEvent(vcpu);
    case KVM_EXIT_INTERNAL_ERROR:
      Fail(vcpu, absl::StrCat("KVM internal error, suberror ", run.internal.suberror, ": ",
                              SuberrorName(run.internal.suberror)));
      return false;
    case KVM_EXIT_FAIL_ENTRY:
      Fail(vcpu, absl::StrFormat("the processor refused to enter the guest, hardware reason 0x%x",
                                 run.fail_entry.hardware_entry_failure_reason));
      return false;
    default:
      Fail(vcpu, absl::StrCat("unexpected exit ", run.exit_reason, " from KVM"));
      return false;
  }
}

bool ExitDispatcher::HandlePortAccess(Vcpu& vcpu) {
  const auto io = vcpu.run().io;  // a copy: KVM's page is shared
  const absl::Span<uint8_t> page = vcpu.run_bytes();
  const bool size_is_valid = io.size == 1 || io.size == 2 || io.size == 4;
  const uint64_t length = uint64_t{io.size} * io.count;
  if (!size_is_valid || io.data_offset > page.size() || length > page.size() - io.data_offset) {
    Fail(vcpu, absl::StrFormat("KVM described an impossible port access: %d bytes, %d times, data at 0x%x", io.size,
                               io.count, io.data_offset));
    return false;
  }
  for (uint32_t i = 0; i < io.count; ++i) {
    const absl::Span<uint8_t> data = page.subspan(io.data_offset + uint64_t{i} * io.size, io.size);
    if (io.direction == KVM_EXIT_IO_IN) {
      ports_->Read(io.port, data);
    } else {
      ports_->Write(io.port, data);
    }
  }
  return true;
}

void ExitDispatcher::HandleMemoryAccess(Vcpu& vcpu) {
  auto& mmio = vcpu.run().mmio;
  const size_t length = std::min<size_t>(mmio.len, sizeof mmio.data);
  if (mmio.is_write != 0) {
    memory_bus_->Write(mmio.phys_addr, absl::MakeConstSpan(mmio.data, length));
  } else {
    memory_bus_->Read(mmio.phys_addr, absl::MakeSpan(mmio.data, length));
  }
}

bool ExitDispatcher::HandleSystemEvent(Vcpu& vcpu) {
  const uint32_t type = vcpu.run().system_event.type;
  switch (type) {
    case KVM_SYSTEM_EVENT_SHUTDOWN:
      ends_->RequestPowerOff();
      return false;
    case KVM_SYSTEM_EVENT_RESET:
      ends_->RequestReset();
      return false;
    default:
      Fail(vcpu, absl::StrCat("KVM reported a system event of type ", type));
      return false;
  }
}

void ExitDispatcher::HandleEntryFailure(Vcpu& vcpu, int error) {
  Fail(vcpu, absl::StrCat("KVM_RUN failed: ", strerror(error), " (errno ", error, ")"));
}

void ExitDispatcher::Fail(Vcpu& vcpu, std::string detail) {
  machine::EndReason reason;
  reason.kind = machine::EndKind::kInternalError;
  reason.detail = absl::StrCat(detail, " on processor ", vcpu.index(), " ", InstructionText(vcpu));
  reason.registers = vcpu.DumpRegisters();
  ends_->OnFailure(std::move(reason));
}

// "at rip 0x… (f0 48 0f c7 4d 00 …)": the bytes as they stand in memory, to the end of their page at most.
std::string ExitDispatcher::InstructionText(Vcpu& vcpu) const {
  const Vcpu::InstructionPlace place = vcpu.WhereIsInstruction();
  std::string text = absl::StrFormat("at rip 0x%x", place.linear);
  if (!place.mapped) return text + " (not mapped)";
  const uint64_t to_page_end = kPageSize - place.physical % kPageSize;
  const uint64_t length = std::min<uint64_t>(kLongestInstruction, to_page_end);
  const auto bytes = memory_->Range(place.physical, length, "the instruction");
  if (!bytes.ok()) return text + " (outside the memory)";
  const auto hexadecimal = [](std::string* out, uint8_t byte) { absl::StrAppendFormat(out, "%02x", byte); };
  return absl::StrCat(text, " (", absl::StrJoin(*bytes, " ", hexadecimal), ")");
}

}  // namespace cimvisor::kvm
