#include "providers/inventory/end_of_run.h"

#include <string.h>

#include "absl/strings/str_cat.h"
#include "providers/inventory/text_check.h"

namespace cimvisor::inventory {
namespace {

constexpr size_t kMaximumDetailBytes = 1024;

// What a machine whose worker is gone can tell about it.
std::string DescribeWorker(const machine::EndReason& reason) {
  std::string text = "the worker process of the machine ended";
  if (reason.signal != 0) {
    const char* name = ::sigdescr_np(reason.signal);
    absl::StrAppend(&text, " by signal ", reason.signal, name == nullptr ? "" : absl::StrCat(" (", name, ")"));
  } else {
    absl::StrAppend(&text, " with exit code ", reason.exit_code);
  }
  return text;
}

std::string DescribeKind(const machine::EndReason& reason) {
  switch (reason.kind) {
    case machine::EndKind::kNone:
      return "the machine ended without a reason";
    case machine::EndKind::kTurnedOff:
    case machine::EndKind::kGuestPoweredOff:
    case machine::EndKind::kGuestReset:
      return "";
    case machine::EndKind::kTripleFault:
      return "the guest failed with a triple fault";
    case machine::EndKind::kInternalError:
      return "the guest could not be run on";
    case machine::EndKind::kWorkerDied:
      return DescribeWorker(reason);
    case machine::EndKind::kHostRestarted:
      return "the host was restarted";
  }
  return "the machine ended for an unknown reason";
}

}  // namespace

bool IsFailure(machine::EndKind kind) {
  return kind != machine::EndKind::kTurnedOff && kind != machine::EndKind::kGuestPoweredOff &&
         kind != machine::EndKind::kGuestReset;
}

std::string DescribeEnd(const machine::EndReason& reason) {
  if (!IsFailure(reason.kind)) return "";
  return absl::StrCat(DescribeKind(reason), reason.detail.empty() ? "" : ": ",
                      PrintableText(reason.detail, kMaximumDetailBytes));
}

void SetState(RuntimeRecord& runtime, State state, absl::Time now) {
  if (runtime.state() == state) return;
  runtime.set_state(state);
  runtime.set_state_changed_at_us(absl::ToUnixMicros(now));
}

void SetHealth(RuntimeRecord& runtime, Health health, absl::string_view condition) {
  runtime.set_health(health);
  runtime.clear_conditions();
  if (health != HEALTH_OK) runtime.add_conditions(std::string(condition));
}

void RecordEnd(RuntimeRecord& runtime, const machine::EndReason& reason, absl::Time now) {
  SetState(runtime, STATE_OFF, now);
  runtime.clear_job_id();
  runtime.clear_launch();
  EndRecord& end = *runtime.mutable_last_end();
  end.set_kind(static_cast<uint32_t>(reason.kind));
  end.set_signal(reason.signal);
  end.set_exit_code(reason.exit_code);
  end.set_detail(PrintableText(reason.detail, kMaximumDetailBytes));
  end.set_at_us(absl::ToUnixMicros(now));
  SetHealth(runtime, IsFailure(reason.kind) ? HEALTH_FAILED : HEALTH_OK, DescribeEnd(reason));
}

bool TakeRecovery(const SystemSettings& settings, RuntimeRecord& runtime, const machine::EndReason& reason,
                  absl::Time now) {
  const bool failed = reason.kind == machine::EndKind::kTripleFault ||
                      reason.kind == machine::EndKind::kInternalError || reason.kind == machine::EndKind::kWorkerDied;
  if (!failed || settings.recovery_action() != RECOVERY_ACTION_RESTART) return false;
  const absl::Time window = absl::FromUnixMicros(runtime.recovery_window_at_us());
  if (runtime.recoveries() == 0 || now - window > kRecoveryWindow || now < window) {
    runtime.set_recoveries(0);
    runtime.set_recovery_window_at_us(absl::ToUnixMicros(now));
  }
  if (runtime.recoveries() >= kMaximumRecoveries) {
    runtime.add_conditions(absl::StrCat("it was restarted automatically ", runtime.recoveries(), " times within ",
                                        absl::FormatDuration(kRecoveryWindow), " and is left off now"));
    return false;
  }
  runtime.set_recoveries(runtime.recoveries() + 1);
  return true;
}

}  // namespace cimvisor::inventory
