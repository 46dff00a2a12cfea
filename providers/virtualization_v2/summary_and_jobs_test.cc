// GetSummaryInformation, Msvm_SummaryInformation, Msvm_ConcreteJob, Cimvisor_HostInformation.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "providers/virtualization_v2/view_fixture.h"

namespace cimvisor::views {
namespace {

using testing::HasSubstr;

class SummaryTest : public ViewTest {
 protected:
  static cim::Value Codes(const std::vector<uint32_t>& codes) {
    std::vector<cim::Value> values;
    for (const uint32_t code : codes) values.push_back(cim::Value::Unsigned(cim::CimType::kUint32, code));
    return cim::Value::Array(cim::CimType::kUint32, std::move(values));
  }
  static std::vector<InstancePointer> Summaries(const broker::InvokeResult& result) {
    std::vector<InstancePointer> summaries;
    for (size_t i = 0; i < result.method->parameters.size(); ++i) {
      if (result.method->parameters[i].name != "SummaryInformation") continue;
      for (const cim::Value& value : result.result.out_parameters[i].elements()) summaries.push_back(value.object());
    }
    return summaries;
  }
};

TEST_F(SummaryTest, WithoutSettingDataEveryMachineIsSummarised) {
  const std::string a = Define("a");
  const std::string b = Define("b");
  RequestState(b, 2);
  const auto result =
      InvokeService("GetSummaryInformation",
                    {{"RequestedInformation", Codes({0, 1, 2, 3, 4, 100, 101, 102, 103, 104, 105, 106, 107, 108})}});
  ASSERT_EQ(result.result.return_value, 0U) << Message(result);
  const auto summaries = Summaries(result);
  ASSERT_EQ(summaries.size(), 2U);
  for (const InstancePointer& summary : summaries) {
    const bool runs = Property(summary, "Name").string() == b;
    EXPECT_EQ(Property(summary, "ElementName").string(), runs ? "b" : "a");
    EXPECT_EQ(Property(summary, "EnabledState").unsigned_value(), runs ? 2U : 3U);
    EXPECT_EQ(Property(summary, "NumberOfProcessors").unsigned_value(), 1U);
    EXPECT_EQ(Property(summary, "Heartbeat").is_null(), !runs);
    for (const char* name :
         {"CreationTime", "UpTime", "ProcessorLoad", "MemoryUsage", "Snapshots", "AsynchronousTasks"}) {
      EXPECT_FALSE(Property(summary, name).is_null()) << name;
    }
    // Not asked for.
    EXPECT_TRUE(Property(summary, "HealthState").is_null());
    EXPECT_TRUE(Property(summary, "Version").is_null());
  }
}

TEST_F(SummaryTest, OnlyTheNamedMachinesInTheirOrder) {
  const std::string a = Define("a");
  Define("b");
  const std::string c = Define("c");
  const auto result = InvokeService(
      "GetSummaryInformation", {{"SettingData", Paths({SettingsPath("Msvm_VirtualSystemSettingData", SettingsId(c)),
                                                       SettingsPath("Msvm_VirtualSystemSettingData", SettingsId(a))})},
                                {"RequestedInformation", Codes({1})}});
  ASSERT_EQ(result.result.return_value, 0U) << Message(result);
  const auto summaries = Summaries(result);
  ASSERT_EQ(summaries.size(), 2U);
  EXPECT_EQ(Property(summaries[0], "ElementName").string(), "c");
  EXPECT_EQ(Property(summaries[1], "ElementName").string(), "a");
}

TEST_F(SummaryTest, UnknownCodesAreRefusedByNumber) {
  const auto unknown = InvokeService("GetSummaryInformation", {{"RequestedInformation", Codes({0, 9999})}});
  EXPECT_EQ(unknown.result.return_value, 32773U);
  EXPECT_THAT(Message(unknown), HasSubstr("9999"));
  const auto uncertain = InvokeService("GetSummaryInformation", {{"RequestedInformation", Codes({132})}});
  EXPECT_EQ(uncertain.result.return_value, 32770U);
  EXPECT_THAT(Message(uncertain), HasSubstr("132"));
}

TEST_F(SummaryTest, TheClassHasTheSameInstances) {
  const std::string id = Define("same");
  const auto found = Query("SELECT * FROM Msvm_SummaryInformation WHERE ElementName = 'same'");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(Property(found[0], "HealthState").unsigned_value(), 5U);
  EXPECT_EQ(Property(found[0], "HostComputerSystemName").string(), kHostName);
  EXPECT_EQ(Property(Get(SettingsPath("Msvm_SummaryInformation", SettingsId(id))), "Name").string(), id);
}

using JobsTest = ViewTest;

TEST_F(JobsTest, ACompletedJobStaysAndSaysSo) {
  const std::string id = Define("m");
  const InstancePointer job = Get(RequestState(id, 2));
  EXPECT_EQ(Property(job, "JobState").unsigned_value(), 7U);
  EXPECT_EQ(Property(job, "PercentComplete").unsigned_value(), 100U);
  EXPECT_EQ(Property(job, "ErrorCode").unsigned_value(), 0U);
  EXPECT_EQ(Property(job, "Cancellable").boolean(), false);
  EXPECT_EQ(Property(job, "JobType").unsigned_value(), 12U);
  EXPECT_EQ(Property(job, "Owner").string(), "root");
  EXPECT_EQ(Property(job, "TimeBeforeRemoval").datetime().ToText(), "00000000000500.000000:000");
  EXPECT_FALSE(Property(job, "ElapsedTime").is_null());
  EXPECT_EQ(
      Query("SELECT * FROM Msvm_ConcreteJob WHERE InstanceID = '" + Property(job, "InstanceID").string() + "'").size(),
      1U);
}

TEST_F(JobsTest, AFailedJobExplains) {
  const std::string id = Define("m");
  host_.FailNext("launch", absl::InternalError("the worker said no"));
  const std::string path = RequestState(id, 2);
  const InstancePointer job = Get(path);
  EXPECT_EQ(Property(job, "JobState").unsigned_value(), 10U);
  EXPECT_NE(Property(job, "ErrorCode").unsigned_value(), 0U);
  EXPECT_THAT(Property(job, "ErrorDescription").string(), HasSubstr("the worker said no"));
  EXPECT_EQ(Property(Get(MachinePath(id)), "EnabledState").unsigned_value(), 3U);

  const auto error = Invoke(path, "GetError", {});
  ASSERT_EQ(error.result.return_value, 0U);
  const auto errors = Invoke(path, "GetErrorEx", {});
  ASSERT_EQ(errors.result.return_value, 0U);
  ASSERT_EQ(errors.result.out_parameters[0].elements().size(), 1U);
  for (const cim::Value& value : {error.result.out_parameters[0], errors.result.out_parameters[0].elements()[0]}) {
    EXPECT_THAT(Property(value.object(), "Message").string(), HasSubstr("the worker said no"));
    EXPECT_THAT(Property(value.object(), "ErrorSource").string(), HasSubstr(id));
  }
}

TEST_F(JobsTest, AJobThatHasEndedCannotBeEnded) {
  const std::string path = RequestState(Define("m"), 2);
  const auto change = Invoke(path, "RequestStateChange", {{"RequestedState", Number(4)}});
  EXPECT_EQ(change.result.return_value, 4097U);
  EXPECT_FALSE(Message(change).empty());
  EXPECT_EQ(Invoke(path, "KillJob", {}).result.return_value, 4U);
  EXPECT_EQ(Invoke(path, "KillJob", {{"DeleteOnKill", cim::Value::Boolean(true)}}).result.return_value, 4U);
  EXPECT_EQ(Invoke(path, "RequestStateChange", {{"RequestedState", Number(3)}}).result.return_value, 1U);
  EXPECT_EQ(Invoke(path, "RequestStateChange", {{"RequestedState", Number(6)}}).result.return_value, 1U);
  EXPECT_EQ(Invoke(path, "RequestStateChange", {{"RequestedState", Number(7)}}).result.return_value, 5U);
  EXPECT_EQ(Invoke(path, "RequestStateChange", {}).result.return_value, 5U);
  const auto none = Invoke(path, "GetErrorEx", {});
  EXPECT_EQ(none.result.return_value, 0U);
  EXPECT_TRUE(none.result.out_parameters[0].elements().empty());
  EXPECT_TRUE(Invoke(path, "GetError", {}).result.out_parameters[0].is_null());
}

TEST_F(JobsTest, TheHostSaysWhatItCanDo) {
  host_information_.verdict = "small guests";
  host_information_.advice = "use another host";
  host_information_.probes = {{"cmpxchg16b", false, "emulation failed"}, {"sse", true, ""}};
  host_information_.logical_processors = 4;
  const InstancePointer host = Get(SettingsPath("Cimvisor_HostInformation", "Cimvisor:Host"));
  EXPECT_EQ(Property(host, "Verdict").unsigned_value(), 2U);
  EXPECT_EQ(Property(host, "Advice").string(), "use another host");
  EXPECT_EQ(Property(host, "ProbeNames").elements()[0].string(), "cmpxchg16b");
  EXPECT_EQ(Property(host, "ProbeOutcomes").elements()[1].boolean(), true);
  EXPECT_EQ(Property(host, "NumberOfLogicalProcessors").unsigned_value(), 4U);
}

}  // namespace
}  // namespace cimvisor::views
