// What the end of a run means for the record of its machine.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_END_OF_RUN_H_
#define CIMVISOR_PROVIDERS_INVENTORY_END_OF_RUN_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "hypervisor-backend/machine/machine.h"
#include "providers/inventory/records.pb.h"

namespace cimvisor::inventory {

// A machine is restarted by its automatic recovery action at most so often within the window; then it is left off, so
// that a guest that fails at each start does not keep the host busy.
inline constexpr uint32_t kMaximumRecoveries = 3;
inline constexpr absl::Duration kRecoveryWindow = absl::Minutes(10);

// True for an end that nobody asked for: the worker died, the guest failed, the host went down.
bool IsFailure(machine::EndKind kind);

// "the worker process was ended by signal 9 (Killed)"; empty for an end that was asked for.
std::string DescribeEnd(const machine::EndReason& reason);

// Sets `state` and the time of the change, when it changes.
void SetState(RuntimeRecord& runtime, State state, absl::Time now);
// Health and its words; empty words for HEALTH_OK.
void SetHealth(RuntimeRecord& runtime, Health health, absl::string_view condition);

// Makes the record that of a machine whose run is over: off, no launch, no job, the reason kept; failed when nobody
// asked for it.
void RecordEnd(RuntimeRecord& runtime, const machine::EndReason& reason, absl::Time now);

// After RecordEnd: decides whether the automatic recovery action restarts the machine, and counts it in the record.
// When it was restarted too often already, the conditions say so.
bool TakeRecovery(const SystemSettings& settings, RuntimeRecord& runtime, const machine::EndReason& reason,
                  absl::Time now);

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_END_OF_RUN_H_
