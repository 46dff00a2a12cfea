// vm list, show, start, stop, pause, resume, reset, delete.
#include <algorithm>
#include <iostream>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/machines.h"
#include "clients/cli/method_runner.h"
#include "clients/cli/output.h"
#include "clients/cli/sizes.h"
#include "clients/cpp/status_macros.h"

namespace cimvisor::cli {
namespace {

using client::Client;
using client::Instance;

constexpr char kAllMachines[] = "SELECT * FROM Msvm_ComputerSystem WHERE Caption = 'Virtual Machine'";

absl::Status PrintAsMof(Client& client, const std::string& wql) {
  return client.QueryText(wql, cimvisor::v1::REPRESENTATION_MOF, [](const std::string& text) {
    std::cout << text << "\n";
    return true;
  });
}

absl::Status ListMachines(const Session& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.Connect());
  if (session.format() == OutputFormat::kMof) return PrintAsMof(*client, kAllMachines);
  ASSIGN_OR_RETURN(std::vector<Instance> machines, client->QueryAll(kAllMachines));
  std::stable_sort(machines.begin(), machines.end(), [](const Instance& a, const Instance& b) {
    return client::Text(a, "ElementName") < client::Text(b, "ElementName");
  });
  if (session.format() == OutputFormat::kJson) {
    auto all = nlohmann::ordered_json::array();
    for (const Instance& machine : machines) all.push_back(ToJson(machine));
    std::cout << all.dump(2) << "\n";
    return absl::OkStatus();
  }
  std::vector<std::vector<std::string>> rows;
  for (const Instance& machine : machines) {
    const int64_t state = client::Integer(machine, "EnabledState").value_or(0);
    rows.push_back({client::Text(machine, "ElementName"), StateName(state),
                    state == 3 ? "" : FormatUptime(client::Integer(machine, "OnTimeInMilliseconds").value_or(0)),
                    client::Text(machine, "StatusDescriptions"), client::Text(machine, "Name")});
  }
  PrintTable(std::cout, {"Name", "State", "Uptime", "Status", "GUID"}, rows);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Instance>> SettingsOf(Client& client, const Instance& machine) {
  const std::string settings_id = absl::StrCat("Microsoft:", client::Text(machine, "Name"));
  ASSIGN_OR_RETURN(std::vector<Instance> settings,
                   client.QueryAll(absl::StrCat("SELECT * FROM Msvm_VirtualSystemSettingData WHERE InstanceID = '",
                                                client::Quote(settings_id), "'")));
  ASSIGN_OR_RETURN(
      std::vector<Instance> resources,
      client.QueryAll(absl::StrCat("SELECT * FROM CIM_ResourceAllocationSettingData WHERE InstanceID LIKE '",
                                   client::Quote(settings_id), "\\\\%'")));
  settings.insert(settings.end(), resources.begin(), resources.end());
  return settings;
}

absl::Status ShowMachine(const Session& session, const std::string& name) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.Connect());
  ASSIGN_OR_RETURN(const Instance machine, FindMachine(*client, name));
  if (session.format() == OutputFormat::kMof) {
    ASSIGN_OR_RETURN(const std::string text, client->GetInstanceText(machine.path(), cimvisor::v1::REPRESENTATION_MOF));
    std::cout << text << "\n";
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::vector<Instance> settings, SettingsOf(*client, machine));
  if (session.format() == OutputFormat::kJson) {
    nlohmann::ordered_json all = ToJson(machine);
    all["Settings"] = nlohmann::ordered_json::array();
    for (const Instance& each : settings) all["Settings"].push_back(ToJson(each));
    std::cout << all.dump(2) << "\n";
    return absl::OkStatus();
  }
  std::cout << Printable(client::Text(machine, "ElementName")) << " is "
            << StateName(client::Integer(machine, "EnabledState").value_or(0)) << " ("
            << Printable(client::Text(machine, "StatusDescriptions")) << ")\n\n";
  PrintList(std::cout, machine);
  for (const Instance& each : settings) {
    std::cout << "\n";
    PrintList(std::cout, each);
  }
  return absl::OkStatus();
}

absl::Status ChangeState(const Session& session, const std::string& name, uint64_t requested_state) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.Connect());
  ASSIGN_OR_RETURN(const Instance machine, FindMachine(*client, name));
  return RunMethod(session, *client, machine.path(), "RequestStateChange",
                   {client::Parameter("RequestedState", client::UnsignedValue(requested_state))})
      .status();
}

absl::Status DeleteMachine(const Session& session, const std::string& name) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.Connect());
  ASSIGN_OR_RETURN(const Instance machine, FindMachine(*client, name));
  ASSIGN_OR_RETURN(const std::string service, ManagementServicePath(*client));
  return RunMethod(session, *client, service, "DestroySystem",
                   {client::Parameter("AffectedSystem", client::ReferenceValue(machine.path()))})
      .status();
}

void AddStateCommand(CLI::App& vm, const Session& session, CommandBody& chosen, const char* name, const char* help,
                     uint64_t requested_state) {
  CLI::App* command = vm.add_subcommand(name, help);
  auto machine = std::make_shared<std::string>();
  command->add_option("machine", *machine, "name or GUID")->required();
  OnChosen(command, chosen,
           [&session, machine, requested_state] { return ChangeState(session, *machine, requested_state); });
}

}  // namespace

void AddMachineCommands(CLI::App& app, const Session& session, CommandBody& chosen) {
  CLI::App* vm = app.add_subcommand("vm", "virtual machines");
  vm->require_subcommand(1);
  vm->fallthrough();
  OnChosen(vm->add_subcommand("list", "all machines and their states"), chosen,
           [&session] { return ListMachines(session); });
  CLI::App* show = vm->add_subcommand("show", "one machine with its settings");
  auto shown = std::make_shared<std::string>();
  show->add_option("machine", *shown, "name or GUID")->required();
  OnChosen(show, chosen, [&session, shown] { return ShowMachine(session, *shown); });
  AddCreateCommand(*vm, session, chosen);
  AddStateCommand(*vm, session, chosen, "start", "turn a machine on", 2);
  AddStateCommand(*vm, session, chosen, "stop", "turn a machine off, at once, as by its power plug", 3);
  AddStateCommand(*vm, session, chosen, "pause", "let a running machine stand still", 9);
  AddStateCommand(*vm, session, chosen, "resume", "let a paused machine go on", 2);
  AddStateCommand(*vm, session, chosen, "reset", "restart a machine as by its reset button", 11);
  CLI::App* destroy = vm->add_subcommand("delete", "delete a machine that is off; its files stay");
  auto deleted = std::make_shared<std::string>();
  destroy->add_option("machine", *deleted, "name or GUID")->required();
  OnChosen(destroy, chosen, [&session, deleted] { return DeleteMachine(session, *deleted); });
}

}  // namespace cimvisor::cli
