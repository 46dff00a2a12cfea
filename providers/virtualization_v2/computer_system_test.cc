// Msvm_ComputerSystem: its values against those of a real host, and RequestStateChange.
#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "providers/virtualization_v2/view_fixture.h"
#include "service/cim/errors.h"

namespace cimvisor::views {
namespace {

using testing::HasSubstr;

using ComputerSystemTest = ViewTest;

constexpr char kUnknownId[] = "00000000-0000-0000-0000-000000000001";

TEST_F(ComputerSystemTest, ARunningMachineHasTheValuesOfARealHost) {
  const std::string id = Define("web");
  RequestState(id, 2);
  const InstancePointer machine = Get(MachinePath(id));
  // The properties that are null on a real host (clients/README.md, section 2).
  for (const char* name :
       {"AvailableRequestedStates", "CommunicationStatus", "Dedicated", "DetailedStatus", "IdentifyingDescriptions",
        "InstanceID", "LastSuccessfulBackupTime", "NameFormat", "OperatingStatus", "OtherEnabledState",
        "OtherIdentifyingInfo", "OtherDedicatedDescriptions", "PowerManagementCapabilities", "PrimaryOwnerName",
        "PrimaryOwnerContact", "PrimaryStatus", "Roles", "TransitioningToState"}) {
    EXPECT_TRUE(Property(machine, name).is_null()) << name;
  }
  const std::pair<const char*, const char*> expected[] = {
      {"Caption", "Virtual Machine"},
      {"Description", "Microsoft Virtual Machine"},
      {"CreationClassName", "Msvm_ComputerSystem"},
      {"ElementName", "web"},
      {"EnabledDefault", "2"},
      {"EnabledState", "2"},
      {"EnhancedSessionModeState", "3"},
      {"FailedOverReplicationType", "0"},
      {"HealthState", "5"},
      {"LastApplicationConsistentReplicationTime", "16010101000000.000000+000"},
      {"LastReplicationTime", "16010101000000.000000+000"},
      {"LastReplicationType", "0"},
      {"NumberOfNumaNodes", "1"},
      {"OperationalStatus", "{2}"},
      {"ReplicationHealth", "0"},
      {"ReplicationMode", "0"},
      {"ReplicationState", "0"},
      {"RequestedState", "5"},
      {"ResetCapability", "1"},
      {"Status", "OK"},
      {"StatusDescriptions", "{Operating normally}"},
  };
  for (const auto& [name, text] : expected) {
    std::string found = Property(machine, name).ToText();
    found.erase(std::remove(found.begin(), found.end(), '"'), found.end());
    EXPECT_EQ(found, text) << name;
  }
  EXPECT_EQ(Property(machine, "Name").string(), absl::AsciiStrToUpper(id));
  for (const char* name :
       {"InstallDate", "TimeOfLastConfigurationChange", "TimeOfLastStateChange", "OnTimeInMilliseconds"}) {
    EXPECT_FALSE(Property(machine, name).is_null()) << name;
  }
  EXPECT_EQ(Property(machine, "ProcessID").unsigned_value(), host_.Get(id).process_id);
}

TEST_F(ComputerSystemTest, AMachineThatIsOffHasProcessZeroAndTheHostNone) {
  const std::string id = Define("idle");
  const InstancePointer machine = Get(MachinePath(id));
  EXPECT_EQ(Property(machine, "EnabledState").unsigned_value(), 3U);
  EXPECT_EQ(Property(machine, "ProcessID").unsigned_value(), 0U);
  EXPECT_EQ(Property(machine, "OnTimeInMilliseconds").unsigned_value(), 0U);
  const InstancePointer host = Get(MachinePath(kHostName));
  EXPECT_EQ(Property(host, "Caption").string(), "Hosting Computer System");
  EXPECT_TRUE(Property(host, "ProcessID").is_null());
  EXPECT_EQ(Query("SELECT * FROM Msvm_ComputerSystem WHERE ProcessID >= 0").size(), 1U);
  EXPECT_EQ(Query("SELECT * FROM Msvm_ComputerSystem").size(), 2U);
}

TEST_F(ComputerSystemTest, IsFoundByNameElementNameAndGuidInAnyCaseWithoutAScan) {
  std::string id;
  for (int i = 0; i < 50; ++i) id = Define("machine " + std::to_string(i));
  EXPECT_EQ(Query("SELECT * FROM Msvm_ComputerSystem WHERE ElementName = 'MACHINE 49'").size(), 1U);
  EXPECT_LE(rows_examined(), 2U);  // the machine and the host
  EXPECT_EQ(Query("SELECT * FROM Msvm_ComputerSystem WHERE Name = '" + absl::AsciiStrToLower(id) + "'").size(), 1U);
  EXPECT_LE(rows_examined(), 2U);
  EXPECT_EQ(Property(Get(MachinePath(absl::AsciiStrToLower(id))), "Name").string(), id);
}

TEST_F(ComputerSystemTest, AnUnknownMachineIsNotFound) {
  for (const std::string& path :
       {MachinePath(kUnknownId), MachinePath("no guid"), MachinePath(""),
        std::string("Msvm_ComputerSystem.CreationClassName=\"Msvm_Other\",Name=\"") + kHostName + "\""}) {
    const auto result = broker_->GetInstance(Caller(), path, nullptr);
    ASSERT_FALSE(result.ok()) << path;
    EXPECT_EQ(cim::CimStatusOf(result.status()), cim::CimStatus::kNotFound) << result.status();
  }
}

TEST_F(ComputerSystemTest, GoesThroughItsStatesByJobs) {
  const std::string id = Define("cycle");
  const std::pair<uint16_t, uint64_t> steps[] = {{2, 2}, {9, 9}, {2, 2}, {11, 2}, {3, 3}};
  for (const auto& [requested, expected] : steps) {
    const std::string job = RequestState(id, requested);
    ASSERT_FALSE(job.empty());
    EXPECT_EQ(Property(Get(job), "JobState").unsigned_value(), 7U) << requested;
    EXPECT_EQ(Property(Get(MachinePath(id)), "EnabledState").unsigned_value(), expected) << requested;
  }
  EXPECT_EQ(host_.Get(id).resets, 1);
}

TEST_F(ComputerSystemTest, WhatTheStateForbidsIs32775) {
  const std::string id = Define("off");
  for (const uint16_t state : {3, 9, 11}) {
    const auto result = Invoke(MachinePath(id), "RequestStateChange", {{"RequestedState", Number(state)}});
    EXPECT_EQ(result.result.return_value, 32775U) << state;
    EXPECT_THAT(Message(result), HasSubstr("off"));
  }
  RequestState(id, 2);
  EXPECT_EQ(Invoke(MachinePath(id), "RequestStateChange", {{"RequestedState", Number(2)}}).result.return_value, 32775U);
}

TEST_F(ComputerSystemTest, WhatIsNotOfferedIs32770AndNamed) {
  const std::string id = Define("m");
  const std::pair<uint16_t, const char*> states[] = {
      {4, "integration services"}, {6, "saving"}, {10, "rebooting"}, {32779, "32779"}};
  for (const auto& [state, words] : states) {
    const auto result = Invoke(MachinePath(id), "RequestStateChange", {{"RequestedState", Number(state)}});
    EXPECT_EQ(result.result.return_value, 32770U) << state;
    EXPECT_THAT(Message(result), HasSubstr(words));
  }
  const auto absent = Invoke(MachinePath(id), "RequestStateChange", {});
  EXPECT_EQ(absent.result.return_value, 32773U);
  EXPECT_THAT(Message(absent), HasSubstr("RequestedState"));
  const auto timeout = Invoke(MachinePath(id), "RequestStateChange",
                              {{"RequestedState", Number(2)}, {"TimeoutPeriod", Text("00000000000030.000000:000")}});
  EXPECT_EQ(timeout.result.return_value, 32770U);
  EXPECT_THAT(Message(timeout), HasSubstr("TimeoutPeriod"));
  const auto host = Invoke(MachinePath(kHostName), "RequestStateChange", {{"RequestedState", Number(3)}});
  EXPECT_EQ(host.result.return_value, 32770U);
  EXPECT_THAT(Message(host), HasSubstr("host"));
  EXPECT_EQ(Property(Get(MachinePath(id)), "EnabledState").unsigned_value(), 3U);
}

TEST_F(ComputerSystemTest, EveryOtherMethodSaysThatItIsNotSupported) {
  const std::string id = Define("m");
  const auto cls = classes_.Find("root/virtualization/v2", "Msvm_ComputerSystem");
  ASSERT_TRUE(cls.ok());
  int others = 0;
  for (const cim::Method& method : (*cls)->methods()) {
    if (method.name == "RequestStateChange") continue;
    const auto called = broker_->InvokeMethod(Caller(), {MachinePath(id), method.name, {}});
    // permissions.txt may forbid it to everybody; it may never succeed.
    if (!called.ok()) continue;
    ++others;
    EXPECT_THAT(called->result.return_value, testing::AnyOf(1U, 32770U)) << method.name;
    EXPECT_THAT(Message(*called), HasSubstr(method.name));
  }
  EXPECT_GT(others, 0);
}

TEST_F(ComputerSystemTest, AWorkerThatDiesIsReportedWithItsReason) {
  const std::string id = Define("fragile");
  RequestState(id, 2);
  // It may be restarted by its automatic recovery action, which would hide what is to be seen here.
  EXPECT_EQ(InvokeService("ModifySystemSettings",
                          {{"SystemSettings", Object(Embedded("Msvm_VirtualSystemSettingData",
                                                              {{"InstanceID", Text(SettingsId(id))},
                                                               {"AutomaticRecoveryAction", Number(2)}}))}})
                .result.return_value,
            0U);
  ASSERT_EQ(Property(Get(SettingsPath("Msvm_VirtualSystemSettingData", SettingsId(id))), "AutomaticRecoveryAction")
                .unsigned_value(),
            2U);
  machine::EndReason reason;
  reason.kind = machine::EndKind::kWorkerDied;
  reason.signal = 9;
  reason.detail = "killed by signal 9";
  host_.End(id, reason);
  inventory_->Drain();
  const InstancePointer machine = Get(MachinePath(id));
  EXPECT_EQ(Property(machine, "EnabledState").unsigned_value(), 3U);
  EXPECT_EQ(Property(machine, "HealthState").unsigned_value(), 25U);
  EXPECT_EQ(Property(machine, "OperationalStatus").elements().front().unsigned_value(), 6U);
  EXPECT_THAT(Property(machine, "StatusDescriptions").ToText(), HasSubstr("signal 9"));
}

TEST_F(ComputerSystemTest, ARequestIdIsAnsweredOnceWithTheSameJob) {
  const std::string id = Define("once");
  const Parameters parameters = {{"RequestedState", Number(2)}};
  const auto first = Invoke(MachinePath(id), "RequestStateChange", parameters, "request-1");
  ASSERT_EQ(first.result.return_value, 4096U);
  inventory_->Drain();
  const auto second = Invoke(MachinePath(id), "RequestStateChange", parameters, "request-1");
  EXPECT_TRUE(second.replayed);
  EXPECT_EQ(second.result.return_value, 4096U);
  EXPECT_EQ(OutText(second, "Job"), OutText(first, "Job"));
}

}  // namespace
}  // namespace cimvisor::views
