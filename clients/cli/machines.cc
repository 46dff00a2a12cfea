#include "clients/cli/machines.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "clients/cpp/status_macros.h"

namespace cimvisor::cli {

using client::Instance;

bool LooksLikeGuid(absl::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !absl::ascii_isxdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return true;
}

absl::StatusOr<Instance> FindMachine(client::Client& client, const std::string& machine) {
  const std::string property = LooksLikeGuid(machine) ? "Name" : "ElementName";
  ASSIGN_OR_RETURN(const std::vector<Instance> found,
                   client.QueryAll(absl::StrCat("SELECT * FROM Msvm_ComputerSystem WHERE ", property, " = '",
                                                client::Quote(machine), "' AND Caption = 'Virtual Machine'")));
  if (found.empty()) {
    return absl::NotFoundError(
        absl::StrCat("there is no virtual machine \"", machine, "\"; `cimvisor vm list` shows those there are"));
  }
  if (found.size() > 1) {
    std::string guids;
    for (const Instance& each : found) absl::StrAppend(&guids, "\n  ", client::Text(each, "Name"));
    return absl::FailedPreconditionError(
        absl::StrCat(found.size(), " machines are named \"", machine, "\"; use the GUID of the one you mean:", guids));
  }
  return found.front();
}

absl::StatusOr<std::string> ManagementServicePath(client::Client& client) {
  ASSIGN_OR_RETURN(const std::vector<Instance> services,
                   client.QueryAll("SELECT * FROM Msvm_VirtualSystemManagementService"));
  if (services.size() != 1) {
    return absl::InternalError(absl::StrCat("the service at ", client.address(), " has ", services.size(),
                                            " instances of Msvm_VirtualSystemManagementService, not one"));
  }
  return services.front().path();
}

std::string StateName(int64_t enabled_state) {
  switch (enabled_state) {
    case 2:
      return "running";
    case 3:
      return "off";
    case 4:
      return "stopping";
    case 6:
      return "saved";
    case 9:
      return "paused";
    case 10:
      return "starting";
    case 32773:
      return "saving";
    case 32776:
      return "pausing";
    case 32777:
      return "resuming";
    default:
      return absl::StrCat("state ", enabled_state);
  }
}

}  // namespace cimvisor::cli
