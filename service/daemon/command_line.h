// The flags of cimvisord.
#ifndef CIMVISOR_SERVICE_DAEMON_COMMAND_LINE_H_
#define CIMVISOR_SERVICE_DAEMON_COMMAND_LINE_H_

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "service/daemon/settings.h"

namespace cimvisor::daemon {

struct CommandLine {
  std::optional<std::string> state_directory;
  std::optional<std::string> runtime_directory;
  std::vector<std::string> listen;
  std::optional<std::string> tls_certificate;
  std::optional<std::string> tls_key;
  std::optional<std::string> tls_client_ca;
  std::optional<std::string> backend;
  std::optional<std::string> log_level;
  std::optional<std::string> configuration;  // empty: the default file, if it is there
  std::optional<std::string> restore;        // do this and end
  bool check_host = false;                   // do this and end
};

// Text to print, and the exit code: for --help (0), --version (0), or a usage error (2).
struct PrintAndExit {
  std::string text;
  int exit_code = 0;
};

std::variant<CommandLine, PrintAndExit> ParseCommandLine(int argc, const char* const* argv);

// Defaults, then the configuration file, then the command line.
absl::StatusOr<Settings> LoadSettings(const CommandLine& command_line);

}  // namespace cimvisor::daemon

#endif  // CIMVISOR_SERVICE_DAEMON_COMMAND_LINE_H_
