// Qualifies the host: runs each probe of the worker program in a confined process of its own, judges, and keeps the
// verdict while the host stays the same.
//
//   verdict file = key LF verdict LF maximum-processors LF *( probe-name TAB ("1" | "0") TAB detail LF )
//   key          = kernel release, processor, microcode and program version; another key: the file is as if not there
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_HOST_QUALIFICATION_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_HOST_QUALIFICATION_H_

#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "hypervisor-backend/machine/hypervisor.h"

namespace cimvisor::worker {

// The verdict file's text, and back: empty for a text that is damaged or of another key.
std::string FormatVerdict(const std::string& key, const machine::HostCapabilities& capabilities);
std::optional<machine::HostCapabilities> ParseVerdict(const std::string& key, const std::string& text);

// How long a probe's process may take. One that does not end is asked once more, with more time: a host under load must
// not pass for one whose KVM hangs.
struct ProbeLimits {
  absl::Duration first = absl::Seconds(2);
  absl::Duration second = absl::Seconds(10);
};

// Thread-safe; a second caller waits for the first.
class HostQualifier {
 public:
  // Empty `kvm_device`: the backend needs none and takes any guest. Empty `verdict_file`: nothing is kept.
  HostQualifier(std::string worker_program, std::string kvm_device, std::string verdict_file, ProbeLimits limits = {})
      : worker_program_(std::move(worker_program)),
        kvm_device_(std::move(kvm_device)),
        verdict_file_(std::move(verdict_file)),
        limits_(limits) {}

  // Takes up to both limits for each probe where no verdict is kept (or `again`).
  machine::HostCapabilities Qualify(bool again) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void RunProbes(int kvm_fd, machine::HostCapabilities* capabilities);
  // Nothing where the probe did not end within `limit`.
  std::optional<machine::ProbeResult> RunProbe(const std::string& name, int kvm_fd, absl::Duration limit);

  const std::string worker_program_;
  const std::string kvm_device_;
  const std::string verdict_file_;
  const ProbeLimits limits_;
  absl::Mutex mutex_;
  std::optional<machine::HostCapabilities> verdict_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_HOST_QUALIFICATION_H_
