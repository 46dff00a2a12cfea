#include "hypervisor-backend/machine/qualification.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace cimvisor::machine {
namespace {

bool Passed(ProbeKind kind, absl::Span<const ProbeResult> results) {
  return std::any_of(results.begin(), results.end(), [kind](const ProbeResult& result) {
    return result.passed && absl::string_view(result.name) == ProbeKindName(kind);
  });
}

std::string NamesOfFailed(absl::Span<const ProbeResult> results) {
  std::vector<absl::string_view> names;
  for (const ProbeKind kind : kAllProbes) {
    if (!Passed(kind, results)) names.push_back(ProbeKindName(kind));
  }
  return absl::StrJoin(names, ", ");
}

}  // namespace

absl::string_view ProbeKindName(ProbeKind kind) {
  switch (kind) {
    case ProbeKind::kLongMode:
      return "long mode";
    case ProbeKind::kInterruptController:
      return "irqchip";
    case ProbeKind::kCompareExchange16:
      return "cmpxchg16b";
    case ProbeKind::kBreakpoint:
      return "int3";
    case ProbeKind::kExtendedState:
      return "xsave";
    case ProbeKind::kFloatingPointWait:
      return "fwait";
    case ProbeKind::kSse:
      return "sse";
  }
  return "unknown";
}

std::optional<ProbeKind> ProbeKindFromName(absl::string_view name) {
  for (const ProbeKind kind : kAllProbes) {
    if (ProbeKindName(kind) == name) return kind;
  }
  return std::nullopt;
}

HostVerdict JudgeProbes(absl::Span<const ProbeResult> results) {
  if (results.empty()) return HostVerdict::kUnknown;
  if (!Passed(ProbeKind::kLongMode, results) || !Passed(ProbeKind::kInterruptController, results))
    return HostVerdict::kNone;
  const bool all =
      std::all_of(kAllProbes.begin(), kAllProbes.end(), [results](ProbeKind kind) { return Passed(kind, results); });
  return all ? HostVerdict::kAnyGuest : HostVerdict::kSmallGuests;
}

std::string AdviceFor(HostVerdict verdict, absl::Span<const ProbeResult> results) {
  switch (verdict) {
    case HostVerdict::kAnyGuest:
      return "";
    case HostVerdict::kSmallGuests:
      return absl::StrCat(
          "this host's KVM fails at: ", NamesOfFailed(results),
          ". Only small guests that do without run here; an ordinary kernel would end in an internal error. "
          "Use a host with hardware virtualization (Intel VT-x, AMD-V), or enable nested virtualization on "
          "the hypervisor below it.");
    case HostVerdict::kNone:
      return absl::StrCat("this host's KVM cannot run guests; it fails at: ", NamesOfFailed(results),
                          ". Use a host with hardware virtualization (Intel VT-x, AMD-V), enabled in its firmware.");
    case HostVerdict::kUnknown:
      break;
  }
  return "this host was not checked yet; run `cimvisor host check`.";
}

}  // namespace cimvisor::machine
