// A real service with its folders, a client to it, and machines with the small guest.
#ifndef CIMVISOR_TESTS_END_TO_END_SERVICE_FIXTURE_H_
#define CIMVISOR_TESTS_END_TO_END_SERVICE_FIXTURE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "clients/cpp/client.h"
#include "tests/end_to_end/process.h"

namespace cimvisor::testing {

// Where the build put the programs and the guest.
std::string ProgramPath(const std::string& name);  // "cimvisord", "cimvisor", "cimvisor-worker"
std::string GuestPath();

// True as soon as `condition` holds; asked again every few milliseconds for `limit`.
bool Eventually(const std::function<bool()>& condition, absl::Duration limit = absl::Seconds(30));

class ServiceFixture : public ::testing::Test {
 protected:
  ServiceFixture();
  ~ServiceFixture() override;

  // Starts cimvisord and waits until it answers. False, with a test failure, when it does not.
  bool StartService(const std::vector<std::string>& more_arguments = {},
                    const std::vector<std::string>& environment = {});
  // The exit code of a service that is expected to end by itself, and what it said.
  CommandResult RunServiceToItsEnd(const std::vector<std::string>& more_arguments = {});
  std::vector<std::string> ServiceArguments(const std::vector<std::string>& more_arguments) const;
  void KillService();      // SIGKILL
  int TerminateService();  // SIGTERM; the exit code

  // The command line client on this service.
  CommandResult Cli(const std::vector<std::string>& arguments, const std::string& input = "");

  // Defines a machine with the small guest; its GUID.
  std::string DefineMachine(const std::string& name, int memory_megabytes = 32, int processors = 1);
  // AutomaticRecoveryAction of Msvm_VirtualSystemSettingData: 2 none, 3 restart (the default, as in Hyper-V).
  void SetRecoveryAction(const std::string& guid, uint64_t action);
  // Its Msvm_ComputerSystem by GUID.
  client::Instance Machine(const std::string& guid);
  std::string MachinePath(const std::string& guid) const;
  std::string ManagementServicePath();
  int64_t EnabledState(const std::string& guid);
  int64_t WorkerPid(const std::string& guid);
  // RequestStateChange, waiting for the job; its status.
  absl::Status RequestState(const std::string& guid, uint64_t state);
  // What the machine wrote to its first serial port.
  std::string ConsoleText(const std::string& guid);
  // Types a line and waits until `expected` stands in the console.
  bool ConsoleAnswers(const std::string& guid, const std::string& line, const std::string& expected);

  const std::string& folder() const { return folder_.path(); }
  std::string state_folder() const { return folder_.path() + "/state"; }
  std::string runtime_folder() const { return folder_.path() + "/run"; }
  std::string socket() const { return runtime_folder() + "/cimvisord.sock"; }
  std::string boot_folder() const { return state_folder() + "/boot"; }
  std::string ServiceLog() const { return ReadFile(folder_.path() + "/service.log"); }

  TemporaryFolder folder_;
  std::unique_ptr<BackgroundProcess> service_;
  std::unique_ptr<client::Client> client_;
};

}  // namespace cimvisor::testing

#endif  // CIMVISOR_TESTS_END_TO_END_SERVICE_FIXTURE_H_
