// Tells systemd what the service is at: the protocol of sd_notify(3), a datagram to $NOTIFY_SOCKET.
#ifndef CIMVISOR_SERVICE_DAEMON_SYSTEMD_NOTIFY_H_
#define CIMVISOR_SERVICE_DAEMON_SYSTEMD_NOTIFY_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cimvisor::daemon {

// Sends `state` ("READY=1", "STOPPING=1", "RELOADING=1") to the socket `name`: a path, or "@name" for an abstract one.
// `name` empty: nobody wants to know, which is fine. kInvalidArgument, kUnavailable.
absl::Status NotifySystemd(absl::string_view name, absl::string_view state);

}  // namespace cimvisor::daemon

#endif  // CIMVISOR_SERVICE_DAEMON_SYSTEMD_NOTIFY_H_
