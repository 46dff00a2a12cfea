#include "service/daemon/host_check.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace cimvisor::daemon {

HostCheck::HostCheck(machine::Hypervisor& hypervisor, std::function<void(const machine::HostCapabilities&)> checked)
    : hypervisor_(hypervisor), checked_(std::move(checked)) {}

HostCheck::~HostCheck() {
  if (first_.joinable()) first_.join();
}

void HostCheck::Start() {
  first_ = std::thread([this] { Check(false); });
}

std::optional<machine::HostCapabilities> HostCheck::Current() const {
  absl::MutexLock lock(&mutex_);
  return current_;
}

machine::HostCapabilities HostCheck::CheckAgain() { return Check(true); }

machine::HostCapabilities HostCheck::Check(bool again) {
  absl::MutexLock check_lock(&check_mutex_);
  machine::HostCapabilities host = hypervisor_.Qualify(again);
  {
    absl::MutexLock lock(&mutex_);
    current_ = host;
  }
  if (checked_) checked_(host);
  return host;
}

std::string HostReport(const machine::HostCapabilities& host) {
  std::string report = absl::StrFormat("verdict    %s\n", std::string(machine::HostVerdictName(host.verdict)));
  absl::StrAppendFormat(&report, "processor  %s, %u logical\n", host.processor, host.logical_processors);
  absl::StrAppendFormat(&report, "memory     %u MiB\n", host.memory_bytes >> 20);
  absl::StrAppendFormat(&report, "kernel     %s\n", host.kernel_release);
  for (const machine::ProbeResult& probe : host.probes) {
    absl::StrAppendFormat(&report, "probe      %-12s %s%s%s\n", probe.name, probe.passed ? "passed" : "failed",
                          probe.detail.empty() ? "" : ": ", probe.detail);
  }
  if (!host.advice.empty()) absl::StrAppendFormat(&report, "advice     %s\n", host.advice);
  return report;
}

}  // namespace cimvisor::daemon
