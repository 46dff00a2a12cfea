// cimvisord: the management service.
#include <cstdio>
#include <string>
#include <variant>

#include "absl/synchronization/mutex.h"
#include "service/daemon/command_line.h"
#include "service/daemon/service_loop.h"

int main(int argc, char** argv) {
  using namespace cimvisor::daemon;  // NOLINT: main is outside of the namespaces
  // Debian's Abseil follows the order of every lock taken, gRPC's too, under one lock of its own. The rooms' tests keep
  // that watch.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const std::variant<CommandLine, PrintAndExit> parsed = ParseCommandLine(argc, argv);
  if (const auto* print = std::get_if<PrintAndExit>(&parsed)) {
    std::fputs(print->text.c_str(), print->exit_code == 0 ? stdout : stderr);
    return print->exit_code;
  }
  const CommandLine& command_line = std::get<CommandLine>(parsed);
  absl::StatusOr<Settings> settings = LoadSettings(command_line);
  if (!settings.ok()) {
    std::fprintf(stderr, "cimvisord: %s\n", std::string(settings.status().message()).c_str());
    return 2;
  }
  if (command_line.restore.has_value()) return RunRestore(command_line, *settings);
  if (command_line.check_host) return RunCheckHost(*settings);
  return RunService(command_line, *std::move(settings));
}
