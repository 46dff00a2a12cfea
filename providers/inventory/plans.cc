#include "providers/inventory/plans.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/message_lite.h"
#include "providers/inventory/checks.h"
#include "providers/inventory/configuration.h"

namespace cimvisor::inventory {
namespace {

constexpr uint64_t kMib = uint64_t{1} << 20;

bool Same(const google::protobuf::MessageLite& a, const google::protobuf::MessageLite& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

std::string Size(const Configuration& configuration) {
  return absl::StrCat(configuration.memory().quantity_mib(), " MB of memory and ", configuration.processor().count(),
                      configuration.processor().count() == 1 ? " processor" : " processors");
}

std::string WhatBoots(const MachineRecord& machine) {
  if (!machine.configuration().has_linux_kernel()) return "the host's default kernel, else the built-in boot program";
  const LinuxKernelSettings& kernel = machine.configuration().linux_kernel();
  return kernel.initrd_path().empty() ? kernel.kernel_path()
                                      : absl::StrCat(kernel.kernel_path(), " with ", kernel.initrd_path());
}

}  // namespace

void PlanDefine(const MachineRecord& machine, security::ChangePlan* plan) {
  plan->steps.push_back(absl::StrCat("define ", TitleOf(machine), " with ", Size(machine.configuration()), ", off"));
  if (machine.configuration().has_linux_kernel()) {
    plan->steps.push_back(absl::StrCat("let it boot ", WhatBoots(machine)));
  }
}

void PlanModify(const MachineRecord& machine, const Configuration& after, security::ChangePlan* plan) {
  const Configuration& before = machine.configuration();
  plan->machine_must_be_off = !ValidateConfigurationChange(before, after, STATE_RUNNING).ok();
  std::vector<std::string> steps;
  if (!Same(before.system(), after.system())) steps.push_back("its system settings");
  if (!Same(before.memory(), after.memory())) {
    steps.push_back(absl::StrCat("its memory, ", before.memory().quantity_mib(), " MB before and ",
                                 after.memory().quantity_mib(), " MB after"));
  }
  if (!Same(before.processor(), after.processor())) {
    steps.push_back(absl::StrCat("its processors, ", before.processor().count(), " before and ",
                                 after.processor().count(), " after"));
  }
  for (int port = 0; port < after.serial_ports_size() && port < before.serial_ports_size(); ++port) {
    if (!Same(before.serial_ports(port), after.serial_ports(port))) {
      steps.push_back(absl::StrCat("its serial port COM ", port + 1));
    }
  }
  if (before.has_linux_kernel() != after.has_linux_kernel()) {
    steps.push_back(after.has_linux_kernel() ? "its kernel, which is added"
                                             : "its kernel, which is removed; the file stays");
  } else if (!Same(before.linux_kernel(), after.linux_kernel())) {
    steps.push_back("its kernel");
  }
  if (steps.empty()) {
    plan->steps.push_back(absl::StrCat("nothing of ", TitleOf(machine), " differs: only the audit trail gets a row"));
  }
  for (const std::string& step : steps) plan->steps.push_back(absl::StrCat("change of ", TitleOf(machine), " ", step));
}

void PlanDestroy(const MachineRecord& machine, security::ChangePlan* plan) {
  plan->machine_must_be_off = true;
  plan->steps.push_back(absl::StrCat("forget ", TitleOf(machine), " and its settings"));
  plan->steps.push_back("leave its kernel, initrd and all other files where they are");
}

void PlanTransition(const MachineRecord& machine, Decision decision, security::ChangePlan* plan) {
  plan->starts_job = true;
  switch (decision) {
    case Decision::kStart:
      plan->memory_bytes = machine.configuration().memory().quantity_mib() * kMib;
      plan->steps.push_back(absl::StrCat("open ", WhatBoots(machine)));
      plan->steps.push_back(absl::StrCat("make a worker process with ", Size(machine.configuration())));
      plan->steps.push_back(absl::StrCat("start ", TitleOf(machine)));
      return;
    case Decision::kTurnOff:
      plan->steps.push_back(absl::StrCat("turn off ", TitleOf(machine), ", as by the power plug"));
      return;
    case Decision::kPause:
      plan->steps.push_back(absl::StrCat("hold every processor of ", TitleOf(machine)));
      return;
    case Decision::kResume:
      plan->steps.push_back(absl::StrCat("let ", TitleOf(machine), " run on"));
      return;
    default:
      plan->steps.push_back(absl::StrCat("reset ", TitleOf(machine), ", as by its reset button"));
      return;
  }
}

}  // namespace cimvisor::inventory
