// What a start needs: the opened and inspected boot files, the spec for the backend, and what will be missing.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_BOOT_PLAN_H_
#define CIMVISOR_PROVIDERS_INVENTORY_BOOT_PLAN_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hypervisor-backend/machine/hypervisor.h"
#include "providers/inventory/records.pb.h"
#include "service/security/rooted_path.h"

namespace cimvisor::inventory {

struct BootPlan {
  security::UniqueFd kernel;          // invalid: the built-in boot program
  security::UniqueFd initrd;          // invalid: none
  std::vector<std::string> warnings;  // settings that this start does not honour, one sentence each

  // The spec, which takes over the descriptors. Once.
  machine::MachineSpec TakeSpec(const MachineRecord& record);
};

// Checks where the paths of a configuration lead, as far as the files are there: kAccessDenied outside the root `boot`
// or through a symbolic link, kInvalidParameter for what is no regular file. A file that is absent may come before the
// start.
absl::Status CheckBootPaths(const Configuration& configuration, const security::RootedPaths& paths);

// Opens the boot files and decides whether this host can run them. `default_kernel`: of a machine that names none;
// empty: the built-in boot program. kFileNotFound, kAccessDenied, kInvalidParameter (no kernel, truncated, empty),
// kNotSupported (the host runs no guests, or small ones only and this is none, naming what fails there).
absl::StatusOr<BootPlan> PlanBoot(const MachineRecord& record, const security::RootedPaths& paths,
                                  const std::string& default_kernel, const machine::HostCapabilities& host);

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_BOOT_PLAN_H_
