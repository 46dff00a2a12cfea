// Between the protocol's messages and the machine room's types. What comes from the other side is checked here: an enum
// out of range is an error, texts are cut to what people can use.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_MESSAGES_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_MESSAGES_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hypervisor-backend/machine/hypervisor.h"
#include "hypervisor-backend/machine/machine.h"

namespace cimvisor::worker::v1 {
class EndReason;
class LaunchSpec;
class Result;
}  // namespace cimvisor::worker::v1

namespace cimvisor::worker {

absl::StatusOr<machine::MachineState> StateFromWire(uint32_t state);

v1::EndReason EndReasonToWire(const machine::EndReason& reason);  // texts cut to 4 KiB and 16 KiB
absl::StatusOr<machine::EndReason> EndReasonFromWire(const v1::EndReason& reason);

v1::Result StatusToWire(const absl::Status& status);
absl::Status StatusFromWire(int32_t code, const std::string& message);  // an unknown code: kInternal

// The descriptors of a spec are not in the message, only which there are.
v1::LaunchSpec SpecToWire(const machine::MachineSpec& spec, const machine::LaunchIdentity& launch);
// With the descriptors of descriptor_table.h.
machine::MachineSpec SpecFromWire(const v1::LaunchSpec& spec);

// The first `limit` bytes of `text`, with everything but printable ASCII and newlines replaced by '?': for logs and
// error messages.
std::string PrintableText(absl::string_view text, size_t limit);

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_MESSAGES_H_
