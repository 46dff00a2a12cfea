// vm create.
#include <iostream>
#include <optional>
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

struct CreateOptions {
  std::string name;
  std::string memory;
  uint32_t processors = 0;
  std::string kernel;
  std::string initrd;
  std::string command_line;
  std::string notes;
  bool upload = false;
  bool allow_on_small_guests_host = false;
};

Instance SettingData(const char* class_name) {
  Instance instance;
  instance.set_class_name(class_name);
  return instance;
}

absl::StatusOr<Instance> MemorySettings(const std::string& text) {
  constexpr uint64_t kMebibyte = 1 << 20;
  ASSIGN_OR_RETURN(const uint64_t bytes, ParseSize(text));
  if (bytes == 0 || bytes % kMebibyte != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--memory ", text, " is no whole number of megabytes; write it as 256M or 4G"));
  }
  Instance memory = SettingData("Msvm_MemorySettingData");
  client::Set(memory, "VirtualQuantity", client::UnsignedValue(bytes / kMebibyte));
  return memory;
}

// The server's path of a file: `path` itself, or where its upload was stored.
absl::StatusOr<std::string> ServerPath(Client& client, const CreateOptions& options, const std::string& path) {
  if (!options.upload) return path;
  const size_t slash = path.rfind('/');
  return client.Upload(path, "boot", slash == std::string::npos ? path : path.substr(slash + 1), /*replace=*/true);
}

absl::StatusOr<Instance> KernelSettings(Client& client, const CreateOptions& options) {
  Instance kernel = SettingData("Cimvisor_LinuxKernelSettingData");
  ASSIGN_OR_RETURN(const std::string kernel_path, ServerPath(client, options, options.kernel));
  client::Set(kernel, "KernelPath", client::TextValue(kernel_path));
  if (!options.initrd.empty()) {
    ASSIGN_OR_RETURN(const std::string initrd_path, ServerPath(client, options, options.initrd));
    client::Set(kernel, "InitrdPath", client::TextValue(initrd_path));
  }
  if (!options.command_line.empty()) client::Set(kernel, "CommandLine", client::TextValue(options.command_line));
  if (options.allow_on_small_guests_host) {
    client::Set(kernel, "AllowOnSmallGuestsHost", client::BooleanValue(true));
  }
  return kernel;
}

absl::StatusOr<std::vector<client::Property>> DefineParameters(Client& client, const CreateOptions& options,
                                                               const std::optional<Instance>& memory) {
  Instance system = SettingData("Msvm_VirtualSystemSettingData");
  client::Set(system, "ElementName", client::TextValue(options.name));
  if (!options.notes.empty()) {
    client::Value notes;
    *notes.mutable_array()->add_values() = client::TextValue(options.notes);
    client::Set(system, "Notes", notes);
  }
  client::Value resources;
  resources.mutable_array();
  if (memory.has_value()) *resources.mutable_array()->add_values() = client::ObjectValue(*memory);
  if (options.processors != 0) {
    Instance processor = SettingData("Msvm_ProcessorSettingData");
    client::Set(processor, "VirtualQuantity", client::UnsignedValue(options.processors));
    *resources.mutable_array()->add_values() = client::ObjectValue(std::move(processor));
  }
  if (!options.kernel.empty()) {
    ASSIGN_OR_RETURN(Instance kernel, KernelSettings(client, options));
    *resources.mutable_array()->add_values() = client::ObjectValue(std::move(kernel));
  }
  std::vector<client::Property> parameters;
  parameters.push_back(client::Parameter("SystemSettings", client::ObjectValue(std::move(system))));
  parameters.push_back(client::Parameter("ResourceSettings", std::move(resources)));
  return parameters;
}

absl::Status CreateMachine(const Session& session, const CreateOptions& options) {
  if (options.kernel.empty() && (!options.initrd.empty() || !options.command_line.empty())) {
    return absl::InvalidArgumentError("--initrd and --append go with --kernel");
  }
  std::optional<Instance> memory;
  if (!options.memory.empty()) {
    ASSIGN_OR_RETURN(memory, MemorySettings(options.memory));
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.Connect());
  ASSIGN_OR_RETURN(const std::string service, ManagementServicePath(*client));
  ASSIGN_OR_RETURN(const std::vector<client::Property> parameters, DefineParameters(*client, options, memory));
  ASSIGN_OR_RETURN(const client::InvokeResult result, RunMethod(session, *client, service, "DefineSystem", parameters));
  const client::Value* system = client::Find(result.out_parameters, "ResultingSystem");
  const std::string path = system == nullptr ? "" : system->reference();
  const std::string guid = client::KeyOfPath(path, "Name");
  if (session.format() == OutputFormat::kJson) {
    std::cout << nlohmann::ordered_json({{"Name", guid}, {"ElementName", options.name}, {"__PATH", path}}).dump(2)
              << "\n";
  } else {
    std::cout << "created " << Printable(options.name) << " (" << guid << ")\n";
  }
  return absl::OkStatus();
}

}  // namespace

void AddCreateCommand(CLI::App& vm, const Session& session, CommandBody& chosen) {
  CLI::App* command = vm.add_subcommand("create", "define a machine; it is off until it is started");
  auto options = std::make_shared<CreateOptions>();
  command->add_option("name", options->name, "its name (ElementName)")->required();
  command->add_option("--memory", options->memory, "such as 256M or 4G");
  command->add_option("--processors", options->processors, "how many")->check(CLI::PositiveNumber);
  command->add_option("--kernel", options->kernel, "bzImage or ELF kernel, a path on the server below its boot root");
  command->add_option("--initrd", options->initrd, "initial RAM disk, a path on the server");
  command->add_option("--append", options->command_line, "the kernel's command line");
  command->add_option("--notes", options->notes, "free text");
  command->add_flag("--upload", options->upload, "--kernel and --initrd are local files; send them to the server");
  command->add_flag("--allow-small-guests-host", options->allow_on_small_guests_host,
                    "start the kernel also on a host whose KVM is good for small guests only");
  OnChosen(command, chosen, [&session, options] { return CreateMachine(session, *options); });
}

}  // namespace cimvisor::cli
