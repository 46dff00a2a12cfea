// What this host's virtualization can do: checked beside serving, never before it.
#ifndef CIMVISOR_SERVICE_DAEMON_HOST_CHECK_H_
#define CIMVISOR_SERVICE_DAEMON_HOST_CHECK_H_

#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "hypervisor-backend/machine/hypervisor.h"

namespace cimvisor::daemon {

// Thread-safe.
class HostCheck {
 public:
  // `hypervisor` outlives it. `checked` hears each verdict.
  HostCheck(machine::Hypervisor& hypervisor, std::function<void(const machine::HostCapabilities&)> checked);
  ~HostCheck();  // waits for a check that runs
  HostCheck(const HostCheck&) = delete;
  HostCheck& operator=(const HostCheck&) = delete;

  // Starts the first check on a thread of its own. Once.
  void Start();
  // The last verdict; empty while the first check still runs.
  std::optional<machine::HostCapabilities> Current() const;
  // Probes anew (seconds) and returns the new verdict. One at a time; others wait.
  machine::HostCapabilities CheckAgain();

 private:
  machine::HostCapabilities Check(bool again);

  machine::Hypervisor& hypervisor_;
  const std::function<void(const machine::HostCapabilities&)> checked_;
  absl::Mutex check_mutex_;  // taken before mutex_
  mutable absl::Mutex mutex_;
  std::optional<machine::HostCapabilities> current_ ABSL_GUARDED_BY(mutex_);
  std::thread first_;
};

// The verdict as --check-host prints it.
std::string HostReport(const machine::HostCapabilities& host);

}  // namespace cimvisor::daemon

#endif  // CIMVISOR_SERVICE_DAEMON_HOST_CHECK_H_
