#include "service/daemon/command_line.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"

namespace cimvisor::daemon {
namespace {

constexpr char kDescription[] =
    "cimvisord - Hyper-V's management interface for this host's virtual machines, over gRPC.\n"
    "\n"
    "It listens on a unix socket, where the peer's credentials say who calls, and on TCP with mutual TLS 1.3.\n"
    "SIGTERM ends it in order and leaves running machines running; SIGHUP reads roles and certificates anew.";
constexpr char kFooter[] =
    "Flags count more than the configuration file. Logs go to stderr, one line for each event.\n"
    "Exit codes: 0 ended in order, 1 failed, 2 wrong flags or configuration.";

absl::StatusOr<std::string> ReadConfiguration(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return absl::NotFoundError(absl::StrCat("cannot read the configuration ", path, ": ", std::strerror(errno)));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void Override(const std::optional<std::string>& from, std::string& to) {
  if (from.has_value()) to = *from;
}

}  // namespace

std::variant<CommandLine, PrintAndExit> ParseCommandLine(int argc, const char* const* argv) {
  CommandLine line;
  CLI::App app(kDescription, "cimvisord");
  app.footer(kFooter);
  app.get_formatter()->column_width(34);
  app.set_version_flag("--version", std::string("cimvisord ") + CIMVISOR_VERSION, "Print the version and end");
  app.set_help_flag("--help", "Print this and end");
  app.add_option(
      "--state-dir", line.state_directory,
      absl::StrCat("The database, and by default the folders boot, images and exports [", kDefaultStateDirectory, "]"));
  app.add_option("--runtime-dir", line.runtime_directory,
                 absl::StrCat("Sockets of the service and its workers [", kDefaultRuntimeDirectory, "]"));
  app.add_option("--listen", line.listen,
                 absl::StrCat("unix:PATH or HOST:PORT, may be given several times [unix:", kDefaultRuntimeDirectory,
                              "/", kSocketName, "]"))
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--tls-cert", line.tls_certificate, "The service's certificate with its chain (PEM), for TCP");
  app.add_option("--tls-key", line.tls_key, "Its private key (PEM)");
  app.add_option("--tls-client-ca", line.tls_client_ca, "The authority that signed the clients' certificates (PEM)");
  app.add_option("--backend", line.backend, "auto, kvm, or simulated (no guests, for tests) [auto]")
      ->check(CLI::IsMember({"auto", "kvm", "simulated"}));
  app.add_option("--config", line.configuration,
                 absl::StrCat("The configuration file [", kDefaultConfiguration, ", if it is there]"));
  app.add_option("--log-level", line.log_level, "debug, info, warning or error [info]")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  app.add_option("--restore", line.restore,
                 "Replace the database by this backup, keep the old one beside it, and end; the service must not run");
  app.add_flag("--check-host", line.check_host, "Say what this host's virtualization can do, and end");
  try {  // CLI11 reports by exception; none leaves this function
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream text;
    const int code = app.exit(error, text, text);
    return PrintAndExit{text.str(), code == 0 ? 0 : 2};
  }
  return line;
}

absl::StatusOr<Settings> LoadSettings(const CommandLine& line) {
  Settings settings;
  std::string path = line.configuration.value_or("");
  if (path.empty() && access(kDefaultConfiguration, F_OK) == 0) path = kDefaultConfiguration;
  if (!path.empty()) {
    ASSIGN_OR_RETURN(const std::string text, ReadConfiguration(path));
    RETURN_IF_ERROR(ApplyConfiguration(path, text, settings));
  }
  Override(line.state_directory, settings.state_directory);
  Override(line.runtime_directory, settings.runtime_directory);
  Override(line.tls_certificate, settings.tls.certificate);
  Override(line.tls_key, settings.tls.key);
  Override(line.tls_client_ca, settings.tls.client_ca);
  Override(line.backend, settings.backend);
  Override(line.log_level, settings.log_level);
  if (!line.listen.empty()) settings.listen = line.listen;
  RETURN_IF_ERROR(ListenAddresses(settings).status());
  RETURN_IF_ERROR(TlsOf(settings).status());
  return settings;
}

}  // namespace cimvisor::daemon
