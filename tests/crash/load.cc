#include "tests/crash/load.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/cpp/job.h"
#include "clients/cpp/status_macros.h"

namespace cimvisor::testing {
namespace {

using client::Instance;

constexpr size_t kMostMachines = 4;

std::string MachinePath(const std::string& guid) {
  return absl::StrCat("Msvm_ComputerSystem.CreationClassName=\"Msvm_ComputerSystem\",Name=\"", guid, "\"");
}

Instance Settings(const char* class_name, const char* property, client::Value value) {
  Instance instance;
  instance.set_class_name(class_name);
  client::Set(instance, property, std::move(value));
  return instance;
}

// The service died under the call: the outcome is not known. Anything else is its answer.
bool IsDeath(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable || status.code() == absl::StatusCode::kCancelled;
}

}  // namespace

LoadClient::LoadClient(int number, std::string server, std::string kernel, uint32_t seed)
    : number_(number), server_(std::move(server)), kernel_(std::move(kernel)), random_(seed) {}

absl::Status LoadClient::Run(int most_operations) {
  client::ClientOptions options;
  // A service that was killed comes back when the test starts it: a call that it cut is not waited for.
  options.patience = absl::ZeroDuration();
  options.connection.server = server_;
  ASSIGN_OR_RETURN(client_, client::Client::Connect(options));
  for (int i = 0; i < most_operations; ++i) {
    const absl::Status status = Step();
    if (IsDeath(status)) return absl::OkStatus();
    RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

absl::Status LoadClient::Step() {
  if (service_path_.empty()) {
    ASSIGN_OR_RETURN(const std::vector<Instance> services,
                     client_->QueryAll("SELECT * FROM Msvm_VirtualSystemManagementService"));
    service_path_ = services.front().path();
  }
  const size_t choice = random_() % 10;
  if (model_.empty() || (choice < 3 && model_.size() < kMostMachines)) return Define();
  auto place = model_.begin();
  std::advance(place, static_cast<long>(random_() % model_.size()));
  ModelMachine& machine = place->second;
  if (choice < 5) return Rename(machine);
  if (choice < 9) return ChangeState(machine, !machine.is_running);
  if (machine.is_running) RETURN_IF_ERROR(ChangeState(machine, false));
  return Destroy(machine);
}

absl::StatusOr<client::InvokeResult> LoadClient::Call(const std::string& path, const std::string& method,
                                                      const std::vector<client::Property>& parameters) {
  ASSIGN_OR_RETURN(client::InvokeResult result, client_->Invoke(path, method, parameters));
  RETURN_IF_ERROR(result.ToStatus(method));
  if (result.started_job()) {
    ASSIGN_OR_RETURN(const Instance job,
                     client_->WatchJob(result.job_path(), result.revision, absl::Seconds(60), nullptr));
    RETURN_IF_ERROR(client::JobStatusOf(job));
  }
  return result;
}

absl::Status LoadClient::Define() {
  ModelMachine machine;
  machine.name = absl::StrCat("c", number_, "-", names_++);
  machine.doubt = Doubt::kDefine;
  ModelMachine& kept = model_[machine.name] = machine;
  client::Value resources;
  *resources.mutable_array()->add_values() =
      client::ObjectValue(Settings("Msvm_MemorySettingData", "VirtualQuantity", client::UnsignedValue(16)));
  *resources.mutable_array()->add_values() =
      client::ObjectValue(Settings("Cimvisor_LinuxKernelSettingData", "KernelPath", client::TextValue(kernel_)));
  ASSIGN_OR_RETURN(const client::InvokeResult result,
                   Call(service_path_, "DefineSystem",
                        {client::Parameter("SystemSettings",
                                           client::ObjectValue(Settings("Msvm_VirtualSystemSettingData", "ElementName",
                                                                        client::TextValue(machine.name)))),
                         client::Parameter("ResourceSettings", resources)}));
  kept.guid = client::KeyOfPath(client::Find(result.out_parameters, "ResultingSystem")->reference(), "Name");
  kept.doubt = Doubt::kNone;
  ++acknowledged_;
  return absl::OkStatus();
}

absl::Status LoadClient::Rename(ModelMachine& machine) {
  machine.doubt = Doubt::kRename;
  machine.new_name = absl::StrCat("c", number_, "-", names_++);
  Instance settings = Settings("Msvm_VirtualSystemSettingData", "ElementName", client::TextValue(machine.new_name));
  client::Set(settings, "InstanceID", client::TextValue("Microsoft:" + machine.guid));
  RETURN_IF_ERROR(Call(service_path_, "ModifySystemSettings",
                       {client::Parameter("SystemSettings", client::ObjectValue(std::move(settings)))})
                      .status());
  machine.name = machine.new_name;
  machine.doubt = Doubt::kNone;
  ++acknowledged_;
  return absl::OkStatus();
}

absl::Status LoadClient::ChangeState(ModelMachine& machine, bool on) {
  machine.doubt = on ? Doubt::kStart : Doubt::kStop;
  const std::string path = MachinePath(machine.guid);
  RETURN_IF_ERROR(
      Call(path, "RequestStateChange", {client::Parameter("RequestedState", client::UnsignedValue(on ? 2 : 3))})
          .status());
  machine.is_running = on;
  machine.worker_pid = 0;  // read below; not known when the service dies before that
  machine.doubt = Doubt::kNone;
  ++acknowledged_;
  if (on) {
    ASSIGN_OR_RETURN(const Instance now, client_->GetInstance(path, {"ProcessID"}));
    machine.worker_pid = client::Integer(now, "ProcessID").value_or(0);
  }
  return absl::OkStatus();
}

absl::Status LoadClient::Destroy(ModelMachine& machine) {
  machine.doubt = Doubt::kDestroy;
  RETURN_IF_ERROR(Call(service_path_, "DestroySystem",
                       {client::Parameter("AffectedSystem", client::ReferenceValue(MachinePath(machine.guid)))})
                      .status());
  ++acknowledged_;
  for (auto place = model_.begin(); place != model_.end(); ++place) {
    if (&place->second == &machine) {
      model_.erase(place);
      break;
    }
  }
  return absl::OkStatus();
}

}  // namespace cimvisor::testing
