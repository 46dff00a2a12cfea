#include "hypervisor-backend/worker/messages.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cimvisor/worker/v1/worker.pb.h"
#include "hypervisor-backend/worker/descriptor_table.h"

namespace cimvisor::worker {
namespace {

constexpr size_t kMaxDetail = 4 * 1024;
constexpr size_t kMaxRegisters = 16 * 1024;

}  // namespace

std::string PrintableText(absl::string_view text, size_t limit) {
  std::string printable(text.substr(0, limit));
  for (char& c : printable) {
    if (c != '\n' && (c < ' ' || c > '~')) c = '?';
  }
  return printable;
}

absl::StatusOr<machine::MachineState> StateFromWire(uint32_t state) {
  if (state > static_cast<uint32_t>(machine::MachineState::kStopping)) {
    return absl::InvalidArgumentError(absl::StrCat("there is no machine state ", state));
  }
  return static_cast<machine::MachineState>(state);
}

v1::EndReason EndReasonToWire(const machine::EndReason& reason) {
  v1::EndReason wire;
  wire.set_kind(static_cast<uint32_t>(reason.kind));
  wire.set_signal(reason.signal);
  wire.set_exit_code(reason.exit_code);
  wire.set_detail(PrintableText(reason.detail, kMaxDetail));
  wire.set_registers(PrintableText(reason.registers, kMaxRegisters));
  return wire;
}

absl::StatusOr<machine::EndReason> EndReasonFromWire(const v1::EndReason& reason) {
  if (reason.kind() > static_cast<uint32_t>(machine::EndKind::kHostRestarted)) {
    return absl::InvalidArgumentError(absl::StrCat("there is no kind of end ", reason.kind()));
  }
  machine::EndReason result;
  result.kind = static_cast<machine::EndKind>(reason.kind());
  result.signal = reason.signal();
  result.exit_code = reason.exit_code();
  result.detail = PrintableText(reason.detail(), kMaxDetail);
  result.registers = PrintableText(reason.registers(), kMaxRegisters);
  return result;
}

v1::Result StatusToWire(const absl::Status& status) {
  v1::Result result;
  result.set_code(static_cast<int32_t>(status.code()));
  result.set_message(PrintableText(status.message(), kMaxDetail));
  return result;
}

absl::Status StatusFromWire(int32_t code, const std::string& message) {
  if (code == 0) return absl::OkStatus();
  const std::string text = PrintableText(message, kMaxDetail);
  if (code < 0 || code > static_cast<int32_t>(absl::StatusCode::kUnauthenticated)) {
    return absl::InternalError(absl::StrCat("the worker answered with an unknown code ", code, ": ", text));
  }
  return absl::Status(static_cast<absl::StatusCode>(code), text);
}

v1::LaunchSpec SpecToWire(const machine::MachineSpec& spec, const machine::LaunchIdentity& launch) {
  v1::LaunchSpec wire;
  wire.set_machine_id(spec.machine_id);
  wire.set_launch_id(launch.launch_id);
  wire.set_epoch(launch.epoch);
  wire.set_name(spec.name);
  wire.set_memory_bytes(spec.memory_bytes);
  wire.set_processors(spec.processors);
  wire.set_command_line(spec.command_line);
  wire.set_boot_order_text(spec.boot_order_text);
  for (const machine::SerialPortSpec& port : spec.serial_ports) {
    wire.add_serial_ports()->set_connected(port.connected);
  }
  wire.set_start_paused(spec.start_paused);
  wire.set_has_kernel(spec.kernel_fd >= 0);
  wire.set_has_initrd(spec.initrd_fd >= 0);
  wire.set_has_kvm(spec.kvm_fd >= 0);
  return wire;
}

machine::MachineSpec SpecFromWire(const v1::LaunchSpec& wire) {
  machine::MachineSpec spec;
  spec.machine_id = wire.machine_id();
  spec.name = wire.name();
  spec.memory_bytes = wire.memory_bytes();
  spec.processors = wire.processors();
  spec.command_line = wire.command_line();
  spec.boot_order_text = wire.boot_order_text();
  for (const v1::SerialPort& port : wire.serial_ports()) spec.serial_ports.push_back({.connected = port.connected()});
  spec.start_paused = wire.start_paused();
  spec.memory_fd = kMemory;
  if (wire.has_kernel()) spec.kernel_fd = kKernel;
  if (wire.has_initrd()) spec.initrd_fd = kInitrd;
  if (wire.has_kvm()) spec.kvm_fd = kKvm;
  return spec;
}

}  // namespace cimvisor::worker
