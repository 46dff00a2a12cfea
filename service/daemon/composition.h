// The whole service, put together: store, security, events, jobs, hypervisor, inventory, views, broker, front end.
#ifndef CIMVISOR_SERVICE_DAEMON_COMPOSITION_H_
#define CIMVISOR_SERVICE_DAEMON_COMPOSITION_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/daemon/log.h"
#include "service/daemon/settings.h"

namespace cimvisor::daemon {

class Composition {
 public:
  // Opens everything and serves. `log` outlives it. Errors say what could not be opened, and what to do.
  static absl::StatusOr<std::unique_ptr<Composition>> Start(Settings settings, Log& log);

  // Shutdown, and the parts in the reverse order of their making. Running machines run on.
  virtual ~Composition() = default;

  // The roles of `settings`, and the certificates from the files that are in use. An error is that of the certificates.
  virtual absl::Status Reload(const Settings& settings) = 0;

  // Ends subscriptions, waits for running calls until `grace` is over, then for running jobs. Idempotent.
  virtual void Shutdown(absl::Duration grace) = 0;
};

// The database of a state folder.
std::string DatabasePath(const std::string& state_directory);

}  // namespace cimvisor::daemon

#endif  // CIMVISOR_SERVICE_DAEMON_COMPOSITION_H_
