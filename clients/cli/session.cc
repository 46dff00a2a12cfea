#include "clients/cli/session.h"

#include <utility>

#include <CLI/CLI.hpp>

namespace cimvisor::cli {

OutputFormat Session::format() const {
  if (output == "json") return OutputFormat::kJson;
  if (output == "mof") return OutputFormat::kMof;
  return OutputFormat::kTable;
}

absl::StatusOr<std::unique_ptr<client::Client>> Session::Connect() const {
  client::ClientOptions options = client_options;
  options.deadline = absl::Seconds(timeout_seconds);
  return client::Client::Connect(std::move(options));
}

void OnChosen(CLI::App* command, CommandBody& chosen, CommandBody body) {
  command->callback([&chosen, body = std::move(body)] { chosen = body; });
}

}  // namespace cimvisor::cli
