#include "tests/bench/world.h"

#include <signal.h>

#include <filesystem>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/cpp/job.h"
#include "tests/end_to_end/service_fixture.h"

namespace cimvisor::bench {

using client::Instance;

void Require(const absl::Status& status, const std::string& what) {
  if (status.ok()) return;
  throw MeasurementFailed(absl::StrCat(what, ": ", status.ToString()));
}

World::World(std::string backend) : backend_(std::move(backend)) {
  std::filesystem::create_directories(folder() + "/state/boot");
  std::filesystem::create_directories(folder() + "/run");
  std::filesystem::copy_file(testing::GuestPath(), guest());
}

World::~World() {
  if (client_ == nullptr || service_ == nullptr || !service_->IsRunning()) return;
  try {
    TurnOffAll();
  } catch (const MeasurementFailed& failure) {
    std::cerr << "bench: a machine may still run: " << failure.what() << "\n";
  }
  service_->Signal(SIGTERM);
}

void World::TurnOffAll() {
  const auto running =
      client_->QueryAll("SELECT * FROM Msvm_ComputerSystem WHERE Caption = 'Virtual Machine' AND EnabledState <> 3");
  Require(running.status(), "listing");
  for (const Instance& machine : *running) RequestState(*client_, machine.path(), 3);
}

void World::Start() {
  service_ = std::make_unique<testing::BackgroundProcess>(
      std::vector<std::string>{testing::ProgramPath("cimvisord"), "--state-dir", folder() + "/state", "--runtime-dir",
                               folder() + "/run", "--listen", address(), "--backend", backend_},
      folder() + "/service.log");
  // A channel that was refused once waits before it tries again: connect when the service listens.
  testing::Eventually([&] { return testing::AcceptsConnections(folder() + "/run/s") || !service_->IsRunning(); });
  client_ = NewClient();
  const bool answers =
      testing::Eventually([&] { return client_->QueryAll("SELECT * FROM Msvm_VirtualSystemManagementService").ok(); });
  if (!answers) {
    throw MeasurementFailed("the service does not answer:\n" + testing::ReadFile(folder() + "/service.log"));
  }
  service_path_ = client_->QueryAll("SELECT * FROM Msvm_VirtualSystemManagementService")->front().path();
}

void World::Kill() { service_->Signal(SIGKILL); }

std::unique_ptr<client::Client> World::NewClient() const {
  client::ClientOptions options;
  options.connection.server = address();
  auto client = client::Client::Connect(options);
  Require(client.status(), "connecting");
  return *std::move(client);
}

std::string World::Define(client::Client& client, const std::string& name, bool kernel) {
  Instance system;
  system.set_class_name("Msvm_VirtualSystemSettingData");
  client::Set(system, "ElementName", client::TextValue(name));
  Instance memory;
  memory.set_class_name("Msvm_MemorySettingData");
  client::Set(memory, "VirtualQuantity", client::UnsignedValue(32));
  client::Value resources;
  *resources.mutable_array()->add_values() = client::ObjectValue(std::move(memory));
  if (kernel) {
    Instance boot;
    boot.set_class_name("Cimvisor_LinuxKernelSettingData");
    client::Set(boot, "KernelPath", client::TextValue(guest()));
    *resources.mutable_array()->add_values() = client::ObjectValue(std::move(boot));
  }
  const auto result = client.Invoke(service_path_, "DefineSystem",
                                    {client::Parameter("SystemSettings", client::ObjectValue(std::move(system))),
                                     client::Parameter("ResourceSettings", std::move(resources))});
  Require(result.status(), "DefineSystem");
  Require(result->ToStatus("DefineSystem"), "DefineSystem");
  return client::Find(result->out_parameters, "ResultingSystem")->reference();
}

void World::DefineUpTo(int count) {
  constexpr int kThreads = 32;
  const int begin = defined_;
  OnThreads(kThreads, [&](int thread) {
    const std::unique_ptr<client::Client> client = NewClient();
    for (int i = begin + thread; i < count; i += kThreads) Define(*client, absl::StrCat("machine-", i), false);
  });
  defined_ = std::max(defined_, count);
}

void World::RequestState(client::Client& client, const std::string& path, uint64_t state) {
  const auto result =
      client.Invoke(path, "RequestStateChange", {client::Parameter("RequestedState", client::UnsignedValue(state))});
  Require(result.status(), "RequestStateChange");
  Require(result->ToStatus("RequestStateChange"), "RequestStateChange");
  if (!result->started_job()) return;
  const auto job = client.WatchJob(result->job_path(), result->revision, absl::Seconds(60), nullptr);
  Require(job.status(), "waiting for the job");
  Require(client::JobStatusOf(*job), "the job");
}

int64_t World::WorkerPid(const std::string& path) {
  const auto machine = client_->GetInstance(path, {"ProcessID"});
  Require(machine.status(), "GetInstance");
  return client::Integer(*machine, "ProcessID").value_or(0);
}

}  // namespace cimvisor::bench
