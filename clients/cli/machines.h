// Finding machines by what a person types, and the paths that belong to them.
#ifndef CIMVISOR_CLIENTS_CLI_MACHINES_H_
#define CIMVISOR_CLIENTS_CLI_MACHINES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "clients/cpp/client.h"

namespace cimvisor::cli {

bool LooksLikeGuid(absl::string_view text);

// The Msvm_ComputerSystem whose Name is the GUID, or whose ElementName is `machine`. kNotFound; kFailedPrecondition for
// a name that several machines have, with their GUIDs.
absl::StatusOr<client::Instance> FindMachine(client::Client& client, const std::string& machine);

// The path of the one Msvm_VirtualSystemManagementService.
absl::StatusOr<std::string> ManagementServicePath(client::Client& client);

// "running", "off", "paused", "starting" … for an EnabledState of Hyper-V's v2 namespace.
std::string StateName(int64_t enabled_state);

}  // namespace cimvisor::cli

#endif  // CIMVISOR_CLIENTS_CLI_MACHINES_H_
