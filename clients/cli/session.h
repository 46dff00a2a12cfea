// What the commands share: the global options, the connection made from them, and where output goes.
#ifndef CIMVISOR_CLIENTS_CLI_SESSION_H_
#define CIMVISOR_CLIENTS_CLI_SESSION_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/cpp/client.h"

namespace CLI {
class App;
}  // namespace CLI

namespace cimvisor::cli {

enum class OutputFormat { kTable, kJson, kMof };

// Filled by the command line before a command runs.
struct Session {
  client::ClientOptions client_options;
  std::string output = "table";
  bool no_wait = false;
  double timeout_seconds = 60;

  OutputFormat format() const;
  absl::StatusOr<std::unique_ptr<client::Client>> Connect() const;
};

// A command runs after the whole line was read; its status becomes the exit code.
using CommandBody = std::function<absl::Status()>;

// Sets `body` to run when `command` was chosen. `chosen` is the place where main() finds it.
void OnChosen(CLI::App* command, CommandBody& chosen, CommandBody body);

}  // namespace cimvisor::cli

#endif  // CIMVISOR_CLIENTS_CLI_SESSION_H_
