// The service ends, or dies, and comes back to what it left.
#include "providers/inventory/reconcile.h"

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "providers/inventory/errors.h"
#include "providers/inventory/life_cycle.h"
#include "providers/inventory/test_service.h"

namespace cimvisor::inventory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ReconcileTest : public ::testing::Test {
 protected:
  std::string Define(const std::function<void(Configuration&)>& edit = nullptr) {
    return service_.Define("web", [&](Configuration& c) {
      c.mutable_system()->set_recovery_action(RECOVERY_ACTION_NONE);
      if (edit) edit(c);
    });
  }
  std::string Running(const std::function<void(Configuration&)>& edit = nullptr) {
    const std::string id = Define(edit);
    EXPECT_EQ(service_.Change(id, REQUEST_ON)->state, jobs::JobState::kCompleted);
    return id;
  }
  void Reopen() {
    const absl::Status opened = service_.Open();
    ASSERT_TRUE(opened.ok()) << opened;
    service_.inventory().Drain();
  }
  std::string Notices() { return absl::StrJoin(service_.inventory().notices(), "\n"); }

  TestService service_;
};

TEST_F(ReconcileTest, AnOrderlyRestartAdoptsWhatRuns) {
  const std::string running = Running();
  const std::string paused = Running();
  service_.Change(paused, REQUEST_PAUSE);
  const std::string off = Define();
  const uint32_t process_id = service_.host().Get(running).process_id;
  service_.Close();
  EXPECT_EQ(service_.host().living(), 2U) << "a restart of the service touches no machine";
  Reopen();
  EXPECT_EQ(service_.Runtime(running).state(), STATE_RUNNING);
  EXPECT_EQ(service_.Runtime(paused).state(), STATE_PAUSED);
  EXPECT_EQ(service_.Runtime(off).state(), STATE_OFF);
  EXPECT_EQ(service_.inventory().GetUsage(running)->process_id, process_id);
  EXPECT_THAT(Notices(), HasSubstr("was adopted: it is running"));
  EXPECT_THAT(Notices(), HasSubstr("was adopted: it is paused"));
  EXPECT_EQ(service_.Change(paused, REQUEST_ON)->state, jobs::JobState::kCompleted);
  EXPECT_EQ(service_.Change(running, REQUEST_OFF)->state, jobs::JobState::kCompleted);
  EXPECT_EQ(service_.host().living(), 1U);
}

TEST_F(ReconcileTest, AnAdoptedMachineReportsItsEndAndItsOutput) {
  const std::string id = Running();
  service_.host().Output(id, "before ");
  service_.Close();
  service_.host().Output(id, "while away ");
  Reopen();
  auto console = service_.inventory().AttachSerial(id, 0, {});
  service_.host().Output(id, "after");
  EXPECT_EQ((*console)->Read(100).bytes, "before while away after");
  machine::EndReason reason;
  reason.kind = machine::EndKind::kInternalError;
  service_.host().End(id, reason);
  service_.inventory().Drain();
  EXPECT_EQ(service_.Runtime(id).state(), STATE_OFF);
}

TEST_F(ReconcileTest, AnEndThatNobodyWasThereToSeeIsReported) {
  const std::string id = Running();
  service_.Close();
  machine::EndReason reason;
  reason.kind = machine::EndKind::kWorkerDied;
  reason.signal = 11;
  service_.host().End(id, reason);
  Reopen();
  EXPECT_EQ(service_.Runtime(id).state(), STATE_OFF);
  EXPECT_EQ(service_.Runtime(id).health(), HEALTH_FAILED);
  EXPECT_THAT(Notices(), HasSubstr("signal 11"));
  EXPECT_EQ(service_.JournalStates(id).back(), STATE_OFF);
}

TEST_F(ReconcileTest, TheRecoveryActionAlsoCountsForAnEndWhileAway) {
  const std::string id =
      Running([](Configuration& c) { c.mutable_system()->set_recovery_action(RECOVERY_ACTION_RESTART); });
  service_.Close();
  machine::EndReason reason;
  reason.kind = machine::EndKind::kWorkerDied;
  service_.host().End(id, reason);
  Reopen();
  EXPECT_EQ(service_.Runtime(id).state(), STATE_RUNNING);
  EXPECT_EQ(service_.Runtime(id).recoveries(), 1U);
}

TEST_F(ReconcileTest, AfterARestartOfTheHostNothingRunsUntilItsStartupAction) {
  const auto with = [](StartupAction action, uint32_t number) {
    return [=](Configuration& c) {
      c.mutable_system()->set_startup_action(action);
      c.mutable_system()->set_startup_sequence_number(number);
    };
  };
  const std::string left_off = Running(with(STARTUP_ACTION_NONE, 0));
  const std::string second = Running(with(STARTUP_ACTION_RESTART_IF_PREVIOUSLY_ACTIVE, 2));
  const std::string inactive = Define(with(STARTUP_ACTION_RESTART_IF_PREVIOUSLY_ACTIVE, 0));
  const std::string first = Define(with(STARTUP_ACTION_ALWAYS, 1));
  service_.Close();
  service_.options().boot_id = "boot-2";
  std::vector<std::string> launched;
  service_.host().OnAction([&](const std::string& action, const std::string& id) {
    if (action == "launch") launched.push_back(id);
  });
  Reopen();
  EXPECT_EQ(service_.Runtime(left_off).state(), STATE_OFF);
  EXPECT_EQ(service_.Runtime(left_off).last_end().kind(), static_cast<uint32_t>(machine::EndKind::kHostRestarted));
  EXPECT_EQ(service_.Runtime(inactive).state(), STATE_OFF);
  EXPECT_EQ(service_.Runtime(first).state(), STATE_RUNNING);
  EXPECT_EQ(service_.Runtime(second).state(), STATE_RUNNING);
  EXPECT_THAT(launched, ::testing::UnorderedElementsAre(first, second));
  // A restart of the service alone starts nothing.
  service_.Change(first, REQUEST_OFF);
  service_.Close();
  Reopen();
  EXPECT_EQ(service_.Runtime(first).state(), STATE_OFF);
}

TEST_F(ReconcileTest, AWorkerThatNoLaunchNamesIsEnded) {
  const std::string id = Running();
  service_.Close();
  // The database is older than the worker: it does not know of the launch.
  ASSERT_TRUE(service_.Open().ok());
  store::Change change;
  change.write = [&](store::Transaction& transaction) {
    return transaction.Execute("DELETE FROM inventory_machine WHERE id = ?", {id});
  };
  ASSERT_TRUE(service_.store().Commit(change, absl::InfiniteFuture()).ok());
  service_.Close();
  EXPECT_EQ(service_.host().living(), 1U);
  Reopen();
  EXPECT_EQ(service_.host().living(), 0U);
}

TEST_F(ReconcileTest, ARestartThatCannotRecordLosesNoMachine) {
  const std::string id = Define();
  service_.failpoints().Hook(Failpoint::kDescriptorsSent, [&] { service_.LoseTouch(); });
  security::Operation call = service_.Call();
  ASSERT_TRUE(service_.inventory().RequestStateChange(call, id, REQUEST_ON, [](const std::string&) {}).ok());
  service_.inventory().Drain();
  service_.failpoints().Hook(Failpoint::kDescriptorsSent, nullptr);
  service_.Die();
  service_.RefuseDuringOpen(absl::ResourceExhaustedError("the disk is full"));
  EXPECT_EQ(service_.Open().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(service_.host().Get(id).alive);
  Reopen();
  EXPECT_EQ(service_.Runtime(id).state(), STATE_RUNNING);
}

// The service dies at a failpoint on the way of a request.
struct Death {
  Failpoint failpoint;
  Request request;
  bool from_paused = false;
};

class DeathTest : public ReconcileTest, public ::testing::WithParamInterface<Death> {};

TEST_P(DeathTest, EndsTruthfully) {
  const Death death = GetParam();
  const std::string bystander = Running();
  std::string id = death.request == REQUEST_ON && !death.from_paused ? Define() : Running();
  if (death.from_paused) service_.Change(id, REQUEST_PAUSE);
  bool died = false;
  service_.failpoints().Hook(death.failpoint, [&] {
    if (!died) service_.LoseTouch();
    died = true;
  });
  security::Operation call = service_.Call();
  const auto job = service_.inventory().RequestStateChange(call, id, death.request, [](const std::string&) {});
  ASSERT_TRUE(job.ok()) << job.status();
  service_.inventory().Drain();
  service_.failpoints().Hook(death.failpoint, nullptr);
  ASSERT_TRUE(died) << "the failpoint was not on the way";
  service_.Die();
  Reopen();

  // The job has ended, and says what is true.
  const auto ended = service_.jobs().Snapshot()->Find(*job);
  ASSERT_NE(ended, nullptr);
  ASSERT_TRUE(jobs::IsFinal(ended->state)) << static_cast<int>(ended->state);
  const State state = service_.Runtime(id).state();
  EXPECT_FALSE(IsTransitional(state)) << StateName(state);
  if (ended->state == jobs::JobState::kCompleted) {
    const State wanted = death.request == REQUEST_ON      ? STATE_RUNNING
                         : death.request == REQUEST_OFF   ? STATE_OFF
                         : death.request == REQUEST_PAUSE ? STATE_PAUSED
                                                          : STATE_RUNNING;
    EXPECT_EQ(state, wanted);
  }
  // What runs is what the record says, and nobody else was touched.
  EXPECT_EQ(service_.host().Get(id).alive, state != STATE_OFF);
  EXPECT_EQ(service_.Runtime(id).job_id(), "");
  EXPECT_EQ(service_.Runtime(bystander).state(), STATE_RUNNING);
  EXPECT_TRUE(service_.host().Get(bystander).alive);
  // And the machine is usable.
  if (state == STATE_OFF) {
    EXPECT_EQ(service_.Change(id, REQUEST_ON)->state, jobs::JobState::kCompleted);
  }
  EXPECT_EQ(service_.Change(id, REQUEST_OFF)->state, jobs::JobState::kCompleted);
}

INSTANTIATE_TEST_SUITE_P(
    EveryStep, DeathTest,
    ::testing::Values(Death{Failpoint::kIntentCommitted, REQUEST_ON}, Death{Failpoint::kWorkerSpawned, REQUEST_ON},
                      Death{Failpoint::kDescriptorsSent, REQUEST_ON}, Death{Failpoint::kRunningCommitted, REQUEST_ON},
                      Death{Failpoint::kAcknowledged, REQUEST_ON}, Death{Failpoint::kIntentCommitted, REQUEST_OFF},
                      Death{Failpoint::kPublished, REQUEST_OFF}, Death{Failpoint::kIntentCommitted, REQUEST_PAUSE},
                      Death{Failpoint::kIntentCommitted, REQUEST_RESET},
                      Death{Failpoint::kIntentCommitted, REQUEST_ON, true}));

TEST_F(ReconcileTest, ADeathWhileAFailedStartIsTakenBack) {
  const std::string id = Define();
  service_.host().FailNext("start", absl::InternalError("no"));
  service_.failpoints().Hook(Failpoint::kEffectUndone, [&] { service_.LoseTouch(); });
  security::Operation call = service_.Call();
  const auto job = service_.inventory().RequestStateChange(call, id, REQUEST_ON, [](const std::string&) {});
  service_.inventory().Drain();
  service_.failpoints().Hook(Failpoint::kEffectUndone, nullptr);
  service_.Die();
  Reopen();
  EXPECT_EQ(service_.Runtime(id).state(), STATE_OFF);
  EXPECT_EQ(service_.jobs().Snapshot()->Find(*job)->state, jobs::JobState::kException);
  EXPECT_THAT(Notices(), HasSubstr("was being started when the service ended: it is off"));
}

TEST_F(ReconcileTest, NothingAcknowledgedIsLostByADeath) {
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(Define());
  ASSERT_TRUE(service_.inventory().DestroyMachine(service_.Call(), ids[3]).ok());
  service_.Die();
  Reopen();
  EXPECT_EQ(service_.inventory().snapshot()->size(), 19U);
  for (size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(service_.Get(ids[i]) != nullptr, i != 3);
  EXPECT_THAT(service_.inventory().notices(), IsEmpty()) << "nothing was half done";
}

}  // namespace
}  // namespace cimvisor::inventory
