// The service over simulated machines: the same API, no process for a machine.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/end_to_end/service_fixture.h"

namespace cimvisor::testing {
namespace {

class SimulatedBackend : public ServiceFixture {
 protected:
  bool StartSimulated(const std::string& keys) {
    WriteFile(folder() + "/conf", "[service]\nbackend = simulated\n[simulated]\n" + keys);
    return StartService({"--config", folder() + "/conf"});
  }
};

TEST_F(SimulatedBackend, AMachineLivesItsLifeInsideTheService) {
  ASSERT_TRUE(StartSimulated("load_percent_lowest = 40\nload_percent_highest = 40\n"));
  const std::string guid = DefineMachine("simulated");
  ASSERT_TRUE(RequestState(guid, 2).ok());
  EXPECT_EQ(EnabledState(guid), 2);
  EXPECT_EQ(WorkerPid(guid), service_->pid());
  EXPECT_NE(ConsoleText(guid).find("simulated guest"), std::string::npos);
  EXPECT_TRUE(ConsoleAnswers(guid, "echo seven samurai", "\nseven samurai"));
  ASSERT_TRUE(RequestState(guid, 9).ok());
  EXPECT_EQ(EnabledState(guid), 9);
  ASSERT_TRUE(RequestState(guid, 2).ok());
  ASSERT_TRUE(RequestState(guid, 3).ok());
  EXPECT_EQ(EnabledState(guid), 3);
  EXPECT_NE(ServiceLog().find("machines are simulated"), std::string::npos);
}

TEST_F(SimulatedBackend, TheProgressOfALongStartRises) {
  ASSERT_TRUE(StartSimulated("start_milliseconds_lowest = 1000\nstart_milliseconds_highest = 1000\n"));
  const std::string guid = DefineMachine("slow");
  const auto result = client_->Invoke(MachinePath(guid), "RequestStateChange",
                                      {client::Parameter("RequestedState", client::UnsignedValue(2))});
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_TRUE(result->started_job());
  std::vector<int64_t> seen;
  ASSERT_TRUE(Eventually([&] {
    const auto job = client_->GetInstance(result->job_path());
    if (!job.ok()) return false;
    const int64_t percent = client::Integer(*job, "PercentComplete").value_or(-1);
    if (seen.empty() || percent != seen.back()) seen.push_back(percent);
    return percent == 100;
  }));
  EXPECT_GE(seen.size(), 5u);
  for (size_t i = 1; i < seen.size(); ++i) EXPECT_LT(seen[i - 1], seen[i]);
  EXPECT_EQ(EnabledState(guid), 2);
}

TEST_F(SimulatedBackend, StartsFailWhenTheConfigurationSaysSo) {
  ASSERT_TRUE(StartSimulated("failing_starts_per_mille = 1000\n"));
  const std::string guid = DefineMachine("failing");
  const absl::Status started = RequestState(guid, 2);
  EXPECT_NE(started.message().find("lets this start fail"), absl::string_view::npos) << started;
  EXPECT_EQ(EnabledState(guid), 3);
}

TEST_F(SimulatedBackend, MachinesFailByThemselvesWhenTheConfigurationSaysSo) {
  ASSERT_TRUE(StartSimulated("mean_milliseconds_to_failure = 1\n"));
  const std::string guid = DefineMachine("short-lived");
  SetRecoveryAction(guid, 2);
  // It may have failed already when the job ends: that is no success of the start, but no hang either.
  RequestState(guid, 2).IgnoreError();
  EXPECT_TRUE(Eventually([&] { return EnabledState(guid) == 3; }));
}

TEST_F(SimulatedBackend, MachinesEndWithTheService) {
  ASSERT_TRUE(StartSimulated(""));
  const std::string guid = DefineMachine("mortal");
  SetRecoveryAction(guid, 2);
  ASSERT_TRUE(RequestState(guid, 2).ok());
  KillService();
  ASSERT_TRUE(StartSimulated(""));
  EXPECT_EQ(EnabledState(guid), 3);
  ASSERT_TRUE(RequestState(guid, 2).ok());
}

}  // namespace
}  // namespace cimvisor::testing
