// Optimistic concurrency: instances bear the revision of their last change, and a change may demand it.
#include <gmock/gmock.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "providers/virtualization_v2/view_fixture.h"
#include "service/cim/errors.h"

namespace cimvisor::views {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class RevisionTest : public ViewTest {
 protected:
  absl::StatusOr<broker::InvokeResult> SetMemory(const std::string& id, uint64_t megabytes, int64_t expected = 0) {
    broker::CallContext context = Caller();
    context.expected_revision = expected;
    return broker_->InvokeMethod(
        context, {ServicePath(),
                  "ModifyResourceSettings",
                  {{"ResourceSettings",
                    Objects({Embedded("Msvm_MemorySettingData", {{"InstanceID", Text(MemoryId(id))},
                                                                 {"VirtualQuantity", Number(megabytes)}})})}}});
  }
  int64_t Memory(const std::string& id) {
    return Get(SettingsPath("Msvm_MemorySettingData", MemoryId(id)))->revision();
  }
  int64_t Processor(const std::string& id) {
    return Get(SettingsPath("Msvm_ProcessorSettingData", ProcessorId(id)))->revision();
  }
  int64_t Serial(const std::string& id, int port) {
    return Get(SettingsPath("Msvm_SerialPortSettingData", SerialId(id, port)))->revision();
  }
  int64_t System(const std::string& id) {
    return Get(SettingsPath("Msvm_VirtualSystemSettingData", SettingsId(id)))->revision();
  }
};

TEST_F(RevisionTest, EachInstanceBearsTheRevisionOfItsOwnLastChange) {
  const std::string id = Define("web");
  const int64_t defined = store_->revision();
  EXPECT_EQ(Memory(id), defined);
  EXPECT_EQ(System(id), defined);
  EXPECT_EQ(Get(MachinePath(id))->revision(), defined);
  ASSERT_EQ(SetMemory(id, 512)->result.return_value, 0U);
  const int64_t changed = store_->revision();
  EXPECT_EQ(Memory(id), changed);
  EXPECT_EQ(Processor(id), defined);
  EXPECT_EQ(Serial(id, 0), defined);
  EXPECT_EQ(System(id), defined);
  EXPECT_EQ(Get(MachinePath(id))->revision(), changed) << "TimeOfLastConfigurationChange is the machine's";
  RequestState(id, 2);
  EXPECT_EQ(Memory(id), changed) << "its state is not its memory";
  EXPECT_GT(Get(MachinePath(id))->revision(), changed);
  // The same in queries.
  for (const InstancePointer& memory : Query("SELECT * FROM Msvm_MemorySettingData"))
    EXPECT_EQ(memory->revision(), changed);
  for (const InstancePointer& link : Query("SELECT * FROM Msvm_SettingsDefineState"))
    EXPECT_EQ(link->revision(), defined);
}

TEST_F(RevisionTest, EventsBearTheRevisionsBeforeAndAfter) {
  const std::string id = Define("web");
  const int64_t defined = store_->revision();
  ASSERT_EQ(SetMemory(id, 512)->result.return_value, 0U);
  const int64_t changed = store_->revision();
  bool seen = false;
  for (const broker::RenderedEvent& event : EventsAfter(defined)) {
    if (event.target->cls().name() != "Msvm_MemorySettingData") continue;
    seen = true;
    EXPECT_EQ(event.target->revision(), changed);
    EXPECT_EQ(event.previous->revision(), defined);
  }
  EXPECT_TRUE(seen);
}

TEST_F(RevisionTest, AStaleRevisionFailsAndSaysWhatChangedAndWhoChangedIt) {
  const std::string id = Define("web");
  const int64_t read = Memory(id);
  ASSERT_EQ(SetMemory(id, 512)->result.return_value, 0U);
  const int64_t changed = store_->revision();
  const absl::Status stale = SetMemory(id, 256, read).status();
  ASSERT_TRUE(absl::IsAborted(stale)) << stale;
  EXPECT_THAT(std::string(stale.message()),
              AllOf(HasSubstr("\"web\""), HasSubstr(absl::StrCat("revision ", changed)), HasSubstr("root"),
                    HasSubstr("ModifyResourceSettings"),
                    HasSubstr("Msvm_MemorySettingData.VirtualQuantity from 1024 to 512"), HasSubstr(" UTC")));
  EXPECT_EQ(Memory(id), changed) << "nothing was changed";
  // Read again, it works; and what changed beside it is no conflict.
  ASSERT_TRUE(SetMemory(id, 256, Memory(id)).ok());
  const int64_t memory = Memory(id);
  const auto rename = InvokeService(
      "ModifySystemSettings",
      {{"SystemSettings", Object(Embedded("Msvm_VirtualSystemSettingData",
                                          {{"InstanceID", Text(SettingsId(id))}, {"ElementName", Text("db")}}))}});
  ASSERT_EQ(rename.result.return_value, 0U);
  EXPECT_TRUE(SetMemory(id, 128, memory).ok());
  // A machine as a whole is another matter.
  broker::CallContext context = Caller();
  context.expected_revision = memory;
  EXPECT_TRUE(absl::IsAborted(
      broker_->InvokeMethod(context, {MachinePath(id), "RequestStateChange", {{"RequestedState", Number(2)}}})
          .status()));
  EXPECT_TRUE(absl::IsAborted(
      broker_->InvokeMethod(context, {ServicePath(), "DestroySystem", {{"AffectedSystem", Text(MachinePath(id))}}})
          .status()));
}

TEST_F(RevisionTest, WhatTheServiceDidItselfIsSaidToo) {
  const std::string id = Define("web");
  const int64_t read = Get(MachinePath(id))->revision();
  RequestState(id, 2);
  broker::CallContext context = Caller();
  context.expected_revision = read;
  const absl::Status stale =
      broker_->InvokeMethod(context, {MachinePath(id), "RequestStateChange", {{"RequestedState", Number(3)}}}).status();
  ASSERT_TRUE(absl::IsAborted(stale)) << stale;
  EXPECT_THAT(std::string(stale.message()),
              AllOf(HasSubstr("EnabledState from 3 to 10"), HasSubstr("the service itself")));
}

TEST_F(RevisionTest, RevisionsThatMakeNoSenseAreRefused) {
  const std::string id = Define("web");
  EXPECT_EQ(cim::CimStatusOf(SetMemory(id, 512, store_->revision() + 1).status()), cim::CimStatus::kInvalidParameter);
  broker::CallContext context = Caller();
  context.expected_revision = 1;
  EXPECT_EQ(cim::CimStatusOf(broker_->InvokeMethod(context, {ServicePath(), "GetSummaryInformation", {}}).status()),
            cim::CimStatus::kNotSupported);
}

using JobChangesTest = RevisionTest;

TEST_F(JobChangesTest, CancellingIsAuditedAndRemembersItsRequestId) {
  const std::string id = Define("web");
  absl::Notification begun;
  absl::Notification go_on;
  host_.OnAction([&](const std::string& action, const std::string&) {
    if (action != "launch" || begun.HasBeenNotified()) return;
    begun.Notify();
    go_on.WaitForNotification();
  });
  const std::string job =
      OutText(Invoke(MachinePath(id), "RequestStateChange", {{"RequestedState", Number(2)}}), "Job");
  begun.WaitForNotification();
  const Parameters kill = {{"RequestedState", Number(5)}};
  EXPECT_EQ(Invoke(job, "RequestStateChange", kill, "kill-1").result.return_value, 0U);
  EXPECT_EQ(Property(Get(job), "JobState").unsigned_value(), 6U);
  EXPECT_TRUE(Invoke(job, "RequestStateChange", kill, "kill-1").replayed);
  go_on.Notify();
  inventory_->Drain();
  EXPECT_EQ(Property(Get(job), "JobState").unsigned_value(), 9U);
  EXPECT_EQ(Property(Get(job), "JobStatus").string(), "Job is killed");
  EXPECT_EQ(Property(Get(MachinePath(id)), "EnabledState").unsigned_value(), 3U) << "what it began is undone";
  EXPECT_TRUE(Invoke(job, "RequestStateChange", kill, "kill-1").replayed) << "also after its end";
  EXPECT_EQ(Query("SELECT * FROM Cimvisor_AuditRecord WHERE Operation = 'Msvm_ConcreteJob.RequestStateChange'").size(),
            1U);
}

TEST_F(JobChangesTest, TheWriteablePropertiesOfAJobCanBeSetAndNoOthers) {
  const std::string job = RequestState(Define("web"), 2);
  broker::InstanceInput input;
  input.path = job;
  input.class_name = "Msvm_ConcreteJob";
  input.properties = {{"TimeBeforeRemoval", Text("00000000001000.000000:000")},
                      {"DeleteOnCompletion", cim::Value::Boolean(false)},
                      {"JobState", Number(4)}};
  broker::CallContext context = Caller();
  context.request_id = "modify-1";
  ASSERT_TRUE(broker_->ModifyInstance(context, input).ok()) << broker_->ModifyInstance(context, input).status();
  EXPECT_TRUE(broker_->ModifyInstance(context, input)->replayed);
  EXPECT_EQ(Property(Get(job), "TimeBeforeRemoval").datetime().ToText(), "00000000001000.000000:000");
  EXPECT_EQ(Property(Get(job), "DeleteOnCompletion").boolean(), false);
  EXPECT_EQ(Property(Get(job), "JobState").unsigned_value(), 7U) << "what the job alone changes is left alone";
  input.properties = {{"Priority", Number(7)}};
  const absl::Status refused = broker_->ModifyInstance(Caller(), input).status();
  EXPECT_EQ(cim::CimStatusOf(refused), cim::CimStatus::kNotSupported) << refused;
  EXPECT_THAT(std::string(refused.message()), AllOf(HasSubstr("Priority"), Not(HasSubstr("JobState"))));
  input.properties = {{"TimeBeforeRemoval", Text("20260101000000.000000+000")}};
  EXPECT_EQ(cim::CimStatusOf(broker_->ModifyInstance(Caller(), input).status()), cim::CimStatus::kInvalidParameter);
  context.request_id = "delete-1";
  ASSERT_TRUE(broker_->DeleteInstance(context, job).ok());
  EXPECT_TRUE(broker_->DeleteInstance(context, job)->replayed);
  EXPECT_FALSE(broker_->GetInstance(Caller(), job, nullptr).ok());
}

}  // namespace
}  // namespace cimvisor::views
