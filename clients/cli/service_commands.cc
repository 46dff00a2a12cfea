// host show, host check, service backup, service show.
#include <iostream>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "clients/cli/commands.h"
#include "clients/cli/output.h"
#include "clients/cli/sizes.h"
#include "clients/cpp/status_macros.h"

namespace cimvisor::cli {
namespace {

using cimvisor::v1::GetServiceInformationResponse;
using cimvisor::v1::HostCapabilities;
using client::Client;

nlohmann::ordered_json HostJson(const HostCapabilities& host) {
  nlohmann::ordered_json result = {{"Verdict", host.verdict()},
                                   {"Checked", host.checked()},
                                   {"Processor", host.processor()},
                                   {"LogicalProcessors", host.logical_processors()},
                                   {"MemoryBytes", host.memory_bytes()},
                                   {"KernelRelease", host.kernel_release()},
                                   {"Advice", host.advice()}};
  result["Probes"] = nlohmann::ordered_json::array();
  for (const auto& probe : host.probes()) {
    result["Probes"].push_back({{"Name", probe.name()}, {"Passed", probe.passed()}, {"Detail", probe.detail()}});
  }
  return result;
}

absl::Status ShowHost(const Session& session, bool check) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.Connect());
  ASSIGN_OR_RETURN(const GetServiceInformationResponse information, client->GetServiceInformation(check));
  const HostCapabilities& host = information.host();
  if (session.format() == OutputFormat::kJson) {
    std::cout << HostJson(host).dump(2) << "\n";
    return absl::OkStatus();
  }
  std::cout << "host " << Printable(information.header().server_name()) << ": "
            << (host.checked() ? host.verdict() : "still being checked") << "\n"
            << "  processor : " << Printable(host.processor()) << ", " << host.logical_processors() << " logical\n"
            << "  memory    : " << FormatSize(host.memory_bytes()) << "\n"
            << "  kernel    : " << Printable(host.kernel_release()) << "\n"
            << "  backend   : " << information.backend() << "\n";
  if (!host.advice().empty()) std::cout << "  advice    : " << Printable(host.advice()) << "\n";
  if (host.probes().empty()) return absl::OkStatus();
  std::vector<std::vector<std::string>> rows;
  for (const auto& probe : host.probes()) {
    rows.push_back({probe.name(), probe.passed() ? "passed" : "failed", probe.detail()});
  }
  std::cout << "\n";
  PrintTable(std::cout, {"Probe", "Result", "Detail"}, rows);
  return absl::OkStatus();
}

absl::Status ShowService(const Session& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.Connect());
  ASSIGN_OR_RETURN(const GetServiceInformationResponse information, client->GetServiceInformation(false));
  if (session.format() == OutputFormat::kJson) {
    nlohmann::ordered_json result = {{"Version", information.version()},
                                     {"ProcessID", information.process_id()},
                                     {"StateDirectory", information.state_directory()},
                                     {"RuntimeDirectory", information.runtime_directory()},
                                     {"Revision", information.header().revision()},
                                     {"Caller", information.caller()},
                                     {"CallerRole", information.caller_role()}};
    result["Roots"] = nlohmann::ordered_json::object();
    for (const auto& root : information.roots()) result["Roots"][root.name()] = root.path();
    result["Notices"] = std::vector<std::string>(information.notices().begin(), information.notices().end());
    std::cout << result.dump(2) << "\n";
    return absl::OkStatus();
  }
  std::cout << "cimvisord " << information.version() << ", process " << information.process_id() << ", at "
            << client->address() << "\n"
            << "  state     : " << information.state_directory() << "\n"
            << "  runtime   : " << information.runtime_directory() << "\n"
            << "  revision  : " << information.header().revision() << "\n"
            << "  you are   : " << Printable(information.caller()) << ", " << information.caller_role() << "\n";
  for (const auto& root : information.roots())
    std::cout << "  root      : " << root.name() << " = " << root.path() << "\n";
  for (const auto& notice : information.notices()) std::cout << "  at start  : " << Printable(notice) << "\n";
  return absl::OkStatus();
}

absl::Status BackUp(const Session& session, const std::string& file) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.Connect());
  ASSIGN_OR_RETURN(const cimvisor::v1::BackupResponse backup, client->Backup(file));
  if (session.format() == OutputFormat::kJson) {
    std::cout << nlohmann::ordered_json({{"Path", backup.path()}, {"Size", backup.size()}, {"SHA256", backup.sha256()}})
                     .dump(2)
              << "\n";
  } else {
    std::cout << "verified backup " << Printable(backup.path()) << ", " << FormatSize(backup.size()) << ", sha256 "
              << backup.sha256() << "\n";
  }
  return absl::OkStatus();
}

}  // namespace

void AddServiceCommands(CLI::App& app, const Session& session, CommandBody& chosen) {
  CLI::App* host = app.add_subcommand("host", "the host and what its virtualization can do");
  host->require_subcommand(1);
  host->fallthrough();
  OnChosen(host->add_subcommand("show", "what is known of the host"), chosen,
           [&session] { return ShowHost(session, false); });
  OnChosen(host->add_subcommand("check", "probe the host's KVM anew"), chosen,
           [&session] { return ShowHost(session, true); });
  CLI::App* service = app.add_subcommand("service", "the service itself");
  service->require_subcommand(1);
  service->fallthrough();
  OnChosen(service->add_subcommand("show", "version, folders, roots, and who you are to it"), chosen,
           [&session] { return ShowService(session); });
  CLI::App* backup = service->add_subcommand("backup", "write a verified copy of the database while it runs");
  auto file = std::make_shared<std::string>();
  backup->add_option("file", *file, "a file name below the service's exports root")->required();
  OnChosen(backup, chosen, [&session, file] { return BackUp(session, *file); });
}

}  // namespace cimvisor::cli
