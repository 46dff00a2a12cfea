// cimvisor: the command line client of the Cimvisor service.
#include <iostream>

#include <CLI/CLI.hpp>

#include "clients/cli/commands.h"
#include "clients/cli/exit_codes.h"
#include "clients/cli/output.h"
#include "clients/cpp/errors.h"

namespace cimvisor::cli {
namespace {

constexpr char kFooter[] =
    "Machines are named by their name or their GUID. Paths of kernels and disks are the server's.\n"
    "Environment: CIMVISOR_SERVER, CIMVISOR_TLS_CA, CIMVISOR_TLS_CERT, CIMVISOR_TLS_KEY.\n"
    "Exit codes: 0 done, 1 the operation failed, 2 usage, 3 not found, 4 denied, 5 no server.\n"
    "Examples:\n"
    "  cimvisor vm create web --memory 256M --processors 2 --kernel /var/lib/cimvisor/boot/vmlinuz\n"
    "  cimvisor vm start web && cimvisor console web\n"
    "  cimvisor query \"SELECT ElementName FROM Msvm_ComputerSystem WHERE EnabledState = 2\"\n"
    "  cimvisor watch \"SELECT * FROM __InstanceModificationEvent WITHIN 1 WHERE TargetInstance ISA "
    "'Msvm_ComputerSystem'\"";

void AddGlobalOptions(CLI::App& app, Session& session) {
  client::ConnectionOptions& connection = session.client_options.connection;
  app.add_option("--server", connection.server,
                 "unix:PATH or HOST:PORT (default: $CIMVISOR_SERVER, else unix:/run/cimvisor/cimvisord.sock)");
  app.add_option("--tls-ca", connection.tls_ca_file, "PEM file of the CA that signed the server's certificate");
  app.add_option("--tls-cert", connection.tls_certificate_file, "PEM file of this client's certificate");
  app.add_option("--tls-key", connection.tls_key_file, "PEM file of this client's key");
  app.add_option("-n,--namespace", session.client_options.name_space, "the CIM namespace")
      ->default_str("root/virtualization/v2");
  app.add_option("-o,--output", session.output, "table, json, or mof where the command shows objects")
      ->check(CLI::IsMember({"table", "json", "mof"}));
  app.add_flag("--no-wait", session.no_wait, "print the path of the job that a command starts, and do not wait for it");
  app.add_option("--timeout", session.timeout_seconds, "seconds after which a call is given up")
      ->check(CLI::PositiveNumber)
      ->default_str("60");
}

int Run(int argc, char** argv) {
  Session session;
  CommandBody chosen;
  CLI::App app{"Manages virtual machines on a Cimvisor service.", "cimvisor"};
  app.set_version_flag("--version", std::string("cimvisor ") + CIMVISOR_VERSION);
  app.require_subcommand(1);
  app.fallthrough();  // global options may stand behind the command
  AddGlobalOptions(app, session);
  AddMachineCommands(app, session, chosen);
  AddConsoleCommand(app, session, chosen);
  AddObjectCommands(app, session, chosen);
  AddClassCommands(app, session, chosen);
  AddServiceCommands(app, session, chosen);
  app.footer(kFooter);  // last, since commands inherit what is set before them
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitDone : kExitUsage;
  }
  const absl::Status status = chosen();
  if (status.ok()) return kExitDone;
  std::cerr << "cimvisor: " << Printable(std::string(status.message())) << "\n";
  if (const auto detail = client::ErrorDetailOf(status); detail.has_value() && !detail->cim_status_name().empty()) {
    std::cerr << "  (" << detail->cim_status_name() << ", " << detail->wmi_code_name() << ")\n";
  }
  // What the service refuses has a detail; an invalid argument without one was found here, before anything was sent.
  const bool is_usage =
      status.code() == absl::StatusCode::kInvalidArgument && !client::ErrorDetailOf(status).has_value();
  return is_usage ? kExitUsage : ExitCodeOf(status);
}

}  // namespace
}  // namespace cimvisor::cli

int main(int argc, char** argv) { return cimvisor::cli::Run(argc, argv); }
