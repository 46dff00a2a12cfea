#include "tests/end_to_end/service_fixture.h"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cpp/job.h"
#include "clients/cpp/status_macros.h"

namespace cimvisor::testing {

using client::Instance;

std::string ProgramPath(const std::string& name) {
  return absl::StrCat(CIMVISOR_BUILD_DIR, name == "cimvisor-worker" ? "/libexec/cimvisor/" : "/bin/", name);
}

std::string GuestPath() { return absl::StrCat(CIMVISOR_BUILD_DIR, "/share/cimvisor/guest/hello"); }

bool Eventually(const std::function<bool()>& condition, absl::Duration limit) {
  const absl::Time deadline = absl::Now() + limit;
  while (!condition()) {
    if (absl::Now() >= deadline) return false;
    poll(nullptr, 0, 10);
  }
  return true;
}

ServiceFixture::ServiceFixture() {
  std::filesystem::create_directories(boot_folder());
  std::filesystem::create_directories(runtime_folder());
  std::filesystem::copy_file(GuestPath(), boot_folder() + "/hello");
}

ServiceFixture::~ServiceFixture() {
  // No machine outlives its test: stop what the service still knows, then the service.
  if (service_ != nullptr && service_->IsRunning()) {
    const auto running = client_->QueryAll(
        "SELECT Name FROM Msvm_ComputerSystem WHERE Caption = 'Virtual Machine' AND EnabledState <> 3");
    if (running.ok()) {
      for (const Instance& machine : *running) {
        RequestState(client::Text(machine, "Name"), 3).IgnoreError();
      }
    }
    TerminateService();
  }
  // Whatever is left over has the test's folder on its command line.
  RunCommand({"pkill", "-KILL", "-f", folder_.path()});
}

std::vector<std::string> ServiceFixture::ServiceArguments(const std::vector<std::string>& more_arguments) const {
  std::vector<std::string> arguments = {ProgramPath("cimvisord"), "--state-dir", state_folder(),    "--runtime-dir",
                                        runtime_folder(),         "--listen",    "unix:" + socket()};
  arguments.insert(arguments.end(), more_arguments.begin(), more_arguments.end());
  return arguments;
}

bool ServiceFixture::StartService(const std::vector<std::string>& more_arguments,
                                  const std::vector<std::string>& environment) {
  service_ = std::make_unique<BackgroundProcess>(ServiceArguments(more_arguments), folder_.path() + "/service.log",
                                                 environment);
  // A gRPC channel that was refused once may wait for seconds: connect when the service listens.
  Eventually([&] { return AcceptsConnections(socket()) || !service_->IsRunning(); });
  client::ClientOptions options;
  options.connection.server = "unix:" + socket();
  auto client = client::Client::Connect(options);
  if (!client.ok()) {
    ADD_FAILURE() << client.status();
    return false;
  }
  client_ = *std::move(client);
  const bool answers = Eventually([&] { return client_->GetServiceInformation(false).ok() || !service_->IsRunning(); });
  if (!answers || !service_->IsRunning()) {
    ADD_FAILURE() << "the service does not answer; its log:\n" << ServiceLog();
    return false;
  }
  return true;
}

CommandResult ServiceFixture::RunServiceToItsEnd(const std::vector<std::string>& more_arguments) {
  return RunCommand(ServiceArguments(more_arguments), "", absl::Seconds(20));
}

void ServiceFixture::KillService() { service_->Signal(SIGKILL); }

int ServiceFixture::TerminateService() { return service_->Signal(SIGTERM); }

CommandResult ServiceFixture::Cli(const std::vector<std::string>& arguments, const std::string& input) {
  std::vector<std::string> all = {ProgramPath("cimvisor"), "--server", "unix:" + socket()};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return RunCommand(all, input);
}

std::string ServiceFixture::DefineMachine(const std::string& name, int memory_megabytes, int processors) {
  const CommandResult result = Cli({"-o", "json", "vm", "create", name, "--memory", absl::StrCat(memory_megabytes, "M"),
                                    "--processors", absl::StrCat(processors), "--kernel", boot_folder() + "/hello"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  const size_t key = result.output.find("\"Name\": \"");
  return key == std::string::npos ? "" : result.output.substr(key + 9, 36);
}

void ServiceFixture::SetRecoveryAction(const std::string& guid, uint64_t action) {
  Instance settings;
  settings.set_class_name("Msvm_VirtualSystemSettingData");
  client::Set(settings, "InstanceID", client::TextValue("Microsoft:" + guid));
  client::Set(settings, "AutomaticRecoveryAction", client::UnsignedValue(action));
  const auto result = client_->Invoke(ManagementServicePath(), "ModifySystemSettings",
                                      {client::Parameter("SystemSettings", client::ObjectValue(settings))});
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_TRUE(result->ToStatus("ModifySystemSettings").ok()) << result->ToStatus("ModifySystemSettings");
}

std::string ServiceFixture::MachinePath(const std::string& guid) const {
  return absl::StrCat("Msvm_ComputerSystem.CreationClassName=\"Msvm_ComputerSystem\",Name=\"", guid, "\"");
}

std::string ServiceFixture::ManagementServicePath() {
  const auto services = client_->QueryAll("SELECT * FROM Msvm_VirtualSystemManagementService");
  EXPECT_TRUE(services.ok()) << services.status();
  return services.ok() && services->size() == 1 ? services->front().path() : "";
}

Instance ServiceFixture::Machine(const std::string& guid) {
  const auto machine = client_->GetInstance(MachinePath(guid));
  EXPECT_TRUE(machine.ok()) << machine.status();
  return machine.ok() ? *machine : Instance();
}

int64_t ServiceFixture::EnabledState(const std::string& guid) {
  return client::Integer(Machine(guid), "EnabledState").value_or(-1);
}

int64_t ServiceFixture::WorkerPid(const std::string& guid) {
  return client::Integer(Machine(guid), "ProcessID").value_or(-1);
}

absl::Status ServiceFixture::RequestState(const std::string& guid, uint64_t state) {
  ASSIGN_OR_RETURN(const client::InvokeResult result,
                   client_->Invoke(MachinePath(guid), "RequestStateChange",
                                   {client::Parameter("RequestedState", client::UnsignedValue(state))}));
  RETURN_IF_ERROR(result.ToStatus("RequestStateChange"));
  if (!result.started_job()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Instance job,
                   client_->WatchJob(result.job_path(), result.revision, absl::Seconds(60), nullptr));
  return client::JobStatusOf(job);
}

std::string ServiceFixture::ConsoleText(const std::string& guid) { return Cli({"console", guid, "--history"}).output; }

bool ServiceFixture::ConsoleAnswers(const std::string& guid, const std::string& line, const std::string& expected) {
  grpc::ClientContext context;
  const auto stream = client_->console().Attach(&context);
  cimvisor::v1::ConsoleRequest request;
  request.mutable_open()->set_path(MachinePath(guid));
  request.mutable_open()->set_write(true);
  bool open = stream->Write(request);
  cimvisor::v1::ConsoleResponse response;
  open = open && stream->Read(&response) && response.has_opened();
  if (open) {
    request.set_data(line + "\r");
    stream->Write(request);
    open = Eventually([&] { return absl::StrContains(ConsoleText(guid), expected); });
  }
  context.TryCancel();
  while (stream->Read(&response)) {
  }
  stream->Finish();
  return open;
}

}  // namespace cimvisor::testing
