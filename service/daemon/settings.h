// What the service is told: defaults, then the configuration file, then the command line.
#ifndef CIMVISOR_SERVICE_DAEMON_SETTINGS_H_
#define CIMVISOR_SERVICE_DAEMON_SETTINGS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "hypervisor-backend/simulated/simulated_hypervisor.h"
#include "service/rpc/environment.h"
#include "service/rpc/listening_socket.h"
#include "service/rpc/tls_files.h"
#include "service/security/role_table.h"
#include "service/security/rooted_path.h"

namespace cimvisor::daemon {

inline constexpr char kDefaultStateDirectory[] = "/var/lib/cimvisor";
inline constexpr char kDefaultRuntimeDirectory[] = "/run/cimvisor";
inline constexpr char kDefaultConfiguration[] = "/etc/cimvisor/cimvisord.conf";
inline constexpr char kSocketName[] = "cimvisord.sock";

struct Settings {
  std::string state_directory = kDefaultStateDirectory;
  std::string runtime_directory = kDefaultRuntimeDirectory;
  std::vector<std::string> listen;  // empty: the unix socket in the runtime folder
  std::string backend = "auto";     // auto, kvm, simulated
  std::string log_level = "info";   // debug, info, warning, error
  rpc::UnixSocketOptions unix_socket{0660, "cimvisor"};
  rpc::TlsFiles tls;                  // empty names: no TLS
  std::vector<security::Root> roots;  // empty: see DefaultRoots
  security::RoleConfiguration roles;
  rpc::Limits limits;
  // How far the journal of events reaches back: whichever is reached first.
  absl::Duration journal_age = absl::Hours(24);
  int64_t journal_entries = 1000000;
  int64_t journal_megabytes = 1024;
  std::string default_boot_kernel;
  simulated::SimulatedOptions simulated;  // with the backend of that name
};

// Reads entries of the file into `settings`. kInvalidArgument "NAME:LINE: …" for an unknown section or key, one that is
// given twice and takes one value, or a value that makes no sense.
absl::Status ApplyConfiguration(absl::string_view name, absl::string_view text, Settings& settings);

// The folders boot, images and exports of the state folder and console of the runtime folder.
std::vector<security::Root> DefaultRoots(const Settings& settings);

// The addresses, with the default filled in.
absl::StatusOr<std::vector<rpc::ListenAddress>> ListenAddresses(const Settings& settings);

// All three TLS files, or none. kInvalidArgument names the missing ones.
absl::StatusOr<std::optional<rpc::TlsFiles>> TlsOf(const Settings& settings);

}  // namespace cimvisor::daemon

#endif  // CIMVISOR_SERVICE_DAEMON_SETTINGS_H_
