#include "service/jobs/job_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "service/cim/status_macros.h"
#include "service/security/conflict.h"
#include "service/store/testing/temporary_folder.h"

namespace cimvisor::jobs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class JobManagerTest : public ::testing::Test {
 protected:
  JobManagerTest() { Start(); }
  ~JobManagerTest() override { Restart(/*start=*/false); }

  void Start() {
    store_ = *store::Store::Open({.path = folder_.File("db"), .now = [this] { return Now(); }});
    JobManagerOptions options;
    options.now = [this] { return Now(); };
    options.threads = 2;
    options.queue_limit = 4;
    options.kept_limit = 2;
    options.tick_interval = absl::InfiniteDuration();
    manager_ = *JobManager::Create(*store_, options);
  }
  void Restart(bool start = true) {
    manager_.reset();
    store_.reset();
    if (start) Start();
  }

  absl::Time Now() const { return absl::FromUnixMicros(now_.load()); }
  void Pass(absl::Duration time) { now_ += absl::ToInt64Microseconds(time); }

  static JobSpec Spec(JobWork work = nullptr) {
    JobSpec spec;
    spec.name = "Starting Virtual Machine";
    spec.type = 4;
    spec.owner = "root";
    spec.cancellable = true;
    spec.affected = {{"machine", "M"}};
    spec.resolver = "inventory";
    spec.intent = "start M";
    spec.work = std::move(work);
    return spec;
  }

  // Commits the job with nothing else.
  std::shared_ptr<JobContext> Begin(JobSpec spec) {
    auto job = manager_->Prepare(std::move(spec));
    EXPECT_TRUE(job.ok()) << job.status();
    auto context = job->context();
    const auto revision =
        store_->Commit({[&](store::Transaction& t) { return job->Write(t); }, [&](int64_t) { job->Publish(); }});
    EXPECT_TRUE(revision.ok()) << revision.status();
    return context;
  }

  static security::Operation Call(const std::string& request_id = "") {
    security::Operation operation;
    operation.caller.identity.name = "alice";
    operation.name = "Msvm_ConcreteJob.RequestStateChange";
    operation.object = "the job";
    operation.request_id = request_id;
    operation.parameters_hash = "hash";
    operation.outcome = "outcome";
    return operation;
  }
  absl::Status Cancel(absl::string_view id, CancelRequest request = CancelRequest::kTerminate) {
    return manager_->Cancel(Call(), id, {.request = request});
  }
  // "caller operation" of every audit row, and the ids of the request rows.
  std::vector<std::string> Rows(const std::string& sql) {
    std::vector<std::string> texts;
    const auto rows = store_->Read(sql);
    EXPECT_TRUE(rows.ok()) << rows.status();
    for (const store::SqlRow& row : *rows) texts.push_back(std::get<std::string>(row[0]));
    return texts;
  }
  std::vector<std::string> Audit() { return Rows("SELECT caller || ' ' || operation FROM audit ORDER BY number"); }
  std::vector<std::string> Requests() { return Rows("SELECT id FROM requests ORDER BY id"); }

  std::shared_ptr<const Job> Find(const std::string& id) { return manager_->Snapshot()->Find(id); }

  // Waits until every job has ended.
  void Settle() {
    for (int i = 0; i < 1000000 && HasUnfinished(); ++i) std::this_thread::yield();
    ASSERT_FALSE(HasUnfinished());
  }
  bool HasUnfinished() {
    for (const auto& job : manager_->Snapshot()->All()) {
      if (!IsFinal(job->state)) return true;
    }
    return false;
  }

  // The states and percents of a job as the journal tells them: ">2:0", "2:0>7:100", "7:100>".
  std::vector<std::string> History(const std::string& id) {
    std::vector<std::string> history;
    // The journal is read up to the last revision that was wholly published, so let the writer finish with that first.
    EXPECT_TRUE(store_->Commit({}).ok());
    const auto entries = store_->ReadJournal(0, 100000);
    EXPECT_TRUE(entries.ok());
    for (const store::JournalEntry& entry : *entries) {
      if (entry.entity_kind != kJobEntityKind || entry.entity_id != id) continue;
      const auto change = DecodeJobChange(entry.payload);
      EXPECT_TRUE(change.ok());
      const auto text = [](const std::optional<Job>& job) {
        return job ? absl::StrCat(static_cast<int>(job->state), ":", job->percent_complete) : std::string();
      };
      history.push_back(absl::StrCat(text(change->before), ">", text(change->after)));
    }
    return history;
  }

  store::testing::TemporaryFolder folder_;
  std::atomic<int64_t> now_ = 1000000000000;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<JobManager> manager_;
};

TEST_F(JobManagerTest, WorkRunsAfterTheCommitAndItsEndIsCommitted) {
  std::string seen;
  const auto context = Begin(Spec([&](JobContext& job) {
    seen = absl::StrCat(static_cast<int>(Find(job.id())->state));
    return JobOutcome::Completed();
  }));
  Settle();
  EXPECT_EQ(seen, "4");
  const auto job = Find(absl::AsciiStrToLower(context->id()));
  ASSERT_NE(job, nullptr);
  EXPECT_EQ(job->state, JobState::kCompleted);
  EXPECT_EQ(job->percent_complete, 100);
  EXPECT_EQ(job->name, "Starting Virtual Machine");
  EXPECT_EQ(job->started, Now());
  EXPECT_EQ(job->ended, Now());
  EXPECT_THAT(History(context->id()), ElementsAre(">2:0", "2:0>7:100"));
  EXPECT_EQ(context->id().size(), 36u);
}

TEST_F(JobManagerTest, FailureAndWarningExplainThemselves) {
  const auto failed = Begin(Spec([](JobContext&) { return JobOutcome::Failed(32773, "the kernel is empty"); }));
  const auto warned = Begin(Spec([](JobContext&) {
    JobOutcome outcome = JobOutcome::CompletedWithWarnings("no mouse");
    outcome.affected = {{"machine", "M"}, {"disk", "D"}};
    return outcome;
  }));
  const auto unsaid = Begin(Spec([](JobContext&) { return JobOutcome{JobState::kRunning}; }));
  Settle();
  EXPECT_EQ(Find(failed->id())->state, JobState::kException);
  EXPECT_EQ(Find(failed->id())->error_code, 32773u);
  EXPECT_EQ(Find(failed->id())->error_description, "the kernel is empty");
  EXPECT_EQ(Find(failed->id())->percent_complete, 0);
  EXPECT_EQ(Find(warned->id())->state, JobState::kCompletedWithWarnings);
  EXPECT_THAT(Find(warned->id())->affected, ElementsAre(JobElement{"machine", "M"}, JobElement{"disk", "D"}));
  EXPECT_EQ(Find(unsaid->id())->state, JobState::kException);
}

TEST_F(JobManagerTest, JobWhoseTransactionFailsNeverWas) {
  std::atomic<bool> ran = false;
  {
    auto job = manager_->Prepare(Spec([&](JobContext&) {
      ran = true;
      return JobOutcome::Completed();
    }));
    const auto failed = store_->Commit({[&](store::Transaction& t) {
                                          EXPECT_TRUE(job->Write(t).ok());
                                          return absl::AbortedError("the intent was refused");
                                        },
                                        [&](int64_t) { job->Publish(); }});
    EXPECT_FALSE(failed.ok());
  }
  EXPECT_EQ(manager_->Snapshot()->size(), 0u);
  Restart();
  EXPECT_EQ(manager_->Snapshot()->size(), 0u);
  EXPECT_FALSE(ran);
}

TEST_F(JobManagerTest, EndIsCommittedWithTheEffect) {
  std::atomic<bool> effect_seen = false;
  const auto context = Begin(Spec([&](JobContext& job) {
    // The first attempt at the effect fails, and with it the end.
    const auto failed = store_->Commit({[&](store::Transaction& t) -> absl::Status {
                                          RETURN_IF_ERROR(job.FinishIn(t, JobOutcome::Completed()));
                                          return absl::AbortedError("the effect failed");
                                        },
                                        [&](int64_t) { job.PublishFinish(); }});
    EXPECT_FALSE(failed.ok());
    EXPECT_FALSE(IsFinal(Find(job.id())->state));
    const auto done =
        store_->Commit({[&](store::Transaction& t) -> absl::Status {
                          RETURN_IF_ERROR(job.FinishIn(t, JobOutcome::Completed()));
                          EXPECT_TRUE(absl::IsFailedPrecondition(job.FinishIn(t, JobOutcome::Failed(1, "twice"))));
                          return absl::OkStatus();
                        },
                        [&](int64_t) {
                          effect_seen = true;
                          job.PublishFinish();
                        }});
    EXPECT_TRUE(done.ok());
    job.Progress(50, "too late");
    return JobOutcome::Failed(1, "ignored: it is finished already");
  }));
  Settle();
  EXPECT_TRUE(effect_seen);
  EXPECT_EQ(Find(context->id())->state, JobState::kCompleted);
  EXPECT_EQ(Find(context->id())->status, "");
  EXPECT_THAT(History(context->id()), ElementsAre(">2:0", "2:0>7:100"));
}

TEST_F(JobManagerTest, ProgressIsSeenAtOnceAndCommittedOnceASecond) {
  const auto context = Begin(Spec());
  context->Progress(10, "ten");
  EXPECT_EQ(Find(context->id())->percent_complete, 10);
  EXPECT_EQ(Find(context->id())->status, "ten");
  manager_->Tick();
  EXPECT_THAT(History(context->id()), ElementsAre(">2:0")) << "less than a second since the job began";
  Pass(absl::Seconds(1));
  context->Progress(30, "thirty");
  context->Progress(20, "never back");
  context->Progress(1000, "never the whole");
  EXPECT_EQ(Find(context->id())->percent_complete, 99);
  manager_->Tick();
  manager_->Tick();
  EXPECT_THAT(History(context->id()), ElementsAre(">2:0", "2:0>2:99"));
  ASSERT_TRUE(context->Finish(JobOutcome::Completed()).ok());
  EXPECT_THAT(History(context->id()), ElementsAre(">2:0", "2:0>2:99", "2:99>7:100"));
  context->Progress(40, "after the end");
  Pass(absl::Seconds(2));
  manager_->Tick();
  EXPECT_EQ(History(context->id()).size(), 3u);
  EXPECT_TRUE(absl::IsFailedPrecondition(context->Finish(JobOutcome::Completed())));
}

TEST_F(JobManagerTest, CancelIsCommittedAndReachesTheWork) {
  absl::Notification begun;
  absl::Notification cancelled;
  const auto context = Begin(Spec([&](JobContext& job) {
    EXPECT_FALSE(job.cancelled());
    job.OnCancel([&] { cancelled.Notify(); });
    begun.Notify();
    cancelled.WaitForNotification();
    EXPECT_TRUE(job.cancelled());
    bool late = false;
    job.OnCancel([&] { late = true; });
    EXPECT_TRUE(late);
    return JobOutcome::Cancelled();
  }));
  begun.WaitForNotification();
  ASSERT_TRUE(Cancel(context->id()).ok());
  Settle();
  EXPECT_EQ(Find(context->id())->state, JobState::kTerminated);
  const auto history = History(context->id());
  ASSERT_EQ(history.size(), 3u);
  EXPECT_THAT(history[1], HasSubstr(">6:"));
  EXPECT_EQ(history[2], "6:0>8:0");
  EXPECT_TRUE(absl::IsFailedPrecondition(Cancel(context->id())));
}

TEST_F(JobManagerTest, SecondCancelChangesNothing) {
  const auto context = Begin(Spec());
  ASSERT_TRUE(Cancel(context->id()).ok());
  EXPECT_EQ(Find(context->id())->state, JobState::kShuttingDown);
  ASSERT_TRUE(Cancel(context->id()).ok());
  EXPECT_EQ(History(context->id()).size(), 2u);
  ASSERT_TRUE(context->Finish(JobOutcome::Cancelled()).ok());
}

TEST_F(JobManagerTest, WhatCannotBeCancelledSaysSo) {
  EXPECT_TRUE(absl::IsNotFound(Cancel("no such job")));
  JobSpec spec = Spec();
  spec.cancellable = false;
  const auto context = Begin(std::move(spec));
  const absl::Status status = Cancel(context->id());
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot be cancelled"));
  EXPECT_FALSE(context->cancelled());
  ASSERT_TRUE(context->Finish(JobOutcome::Completed()).ok());
}

TEST_F(JobManagerTest, ACancelIsAuditedAndRemembersItsRequestInTheTransactionOfTheChange) {
  const auto context = Begin(Spec());
  security::Operation operation = Call("id-1");
  ASSERT_TRUE(manager_->Cancel(operation, context->id(), {}).ok());
  EXPECT_THAT(Audit(), ElementsAre("alice Msvm_ConcreteJob.RequestStateChange"));
  EXPECT_THAT(Requests(), ElementsAre("id-1"));
  const auto audited = store_->Read("SELECT revision FROM audit");
  const auto remembered = store_->Read("SELECT revision FROM requests");
  EXPECT_EQ((*audited)[0][0], store::SqlValue(Find(context->id())->revision));
  EXPECT_EQ((*remembered)[0][0], store::SqlValue(Find(context->id())->revision));
  // A refusal leaves nothing.
  ASSERT_TRUE(context->Finish(JobOutcome::Cancelled()).ok());
  EXPECT_FALSE(manager_->Cancel(Call("id-2"), context->id(), {}).ok());
  EXPECT_EQ(Audit().size(), 1u);
  EXPECT_EQ(Requests().size(), 1u);
}

TEST_F(JobManagerTest, AKilledJobEndsAsKilledAndATerminatedOneAsTerminated) {
  const auto killed = Begin(Spec());
  const auto terminated = Begin(Spec());
  const auto both = Begin(Spec());
  ASSERT_TRUE(Cancel(killed->id(), CancelRequest::kKill).ok());
  ASSERT_TRUE(Cancel(terminated->id(), CancelRequest::kTerminate).ok());
  ASSERT_TRUE(Cancel(both->id(), CancelRequest::kKill).ok());
  ASSERT_TRUE(Cancel(both->id(), CancelRequest::kTerminate).ok()) << "a kill is not taken back";
  for (const auto& context : {killed, terminated, both}) ASSERT_TRUE(context->Finish(JobOutcome::Cancelled()).ok());
  EXPECT_EQ(Find(killed->id())->state, JobState::kKilled);
  EXPECT_EQ(Find(terminated->id())->state, JobState::kTerminated);
  EXPECT_EQ(Find(both->id())->state, JobState::kKilled);
  const auto late = Begin(Spec());
  ASSERT_TRUE(Cancel(late->id(), CancelRequest::kKill).ok());
  ASSERT_TRUE(late->Finish(JobOutcome::Completed()).ok());
  EXPECT_EQ(Find(late->id())->state, JobState::kCompleted) << "the work was done before the kill reached it";
}

TEST_F(JobManagerTest, AJobThatIsRemovedAtItsEndIsGoneWithTheNextTick) {
  const auto context = Begin(Spec());
  ASSERT_TRUE(manager_->Cancel(Call(), context->id(), {.request = CancelRequest::kKill, .remove_at_end = true}).ok());
  manager_->Tick();
  EXPECT_NE(Find(context->id()), nullptr);
  ASSERT_TRUE(context->Finish(JobOutcome::Cancelled()).ok());
  manager_->Tick();
  EXPECT_EQ(Find(context->id()), nullptr);
}

TEST_F(JobManagerTest, SettingsOfARunningAndOfAnEndedJobDecideWhenItGoes) {
  const auto running = Begin(Spec());
  const auto ended = Begin(Spec());
  const auto kept = Begin(Spec());
  ASSERT_TRUE(ended->Finish(JobOutcome::Completed()).ok());
  ASSERT_TRUE(manager_->Modify(Call("m1"), running->id(), {.time_before_removal = absl::Seconds(1)}).ok());
  ASSERT_TRUE(manager_->Modify(Call(), ended->id(), {.time_before_removal = absl::Minutes(10)}).ok());
  ASSERT_TRUE(manager_->Modify(Call(), kept->id(), {.delete_on_completion = false}).ok());
  EXPECT_THAT(Requests(), ElementsAre("m1"));
  EXPECT_EQ(Audit().size(), 3u);
  running->Progress(40, "progress and settings keep out of each other's way");
  ASSERT_TRUE(running->Finish(JobOutcome::Completed()).ok());
  ASSERT_TRUE(kept->Finish(JobOutcome::Completed()).ok());
  Pass(absl::Seconds(2));
  manager_->Tick();
  EXPECT_EQ(Find(running->id()), nullptr);
  Pass(absl::Minutes(9));
  manager_->Tick();
  EXPECT_NE(Find(ended->id()), nullptr) << "longer than the five minutes that it had";
  Pass(absl::Minutes(1));
  manager_->Tick();
  EXPECT_EQ(Find(ended->id()), nullptr);
  const std::string id = kept->id();
  Pass(absl::Hours(1000));
  manager_->Tick();
  Restart();
  manager_->Tick();
  ASSERT_NE(Find(id), nullptr) << "also after a restart";
  EXPECT_FALSE(Find(id)->delete_on_completion);
  ASSERT_TRUE(manager_->Modify(Call(), id, {.delete_on_completion = true}).ok());
  manager_->Tick();
  EXPECT_EQ(Find(id), nullptr);
}

TEST_F(JobManagerTest, SettingsThatCannotBeAreRefused) {
  const auto context = Begin(Spec());
  for (const absl::Duration time : {absl::Seconds(-1), kLongestTimeBeforeRemoval + absl::Seconds(1)}) {
    EXPECT_TRUE(absl::IsInvalidArgument(manager_->Modify(Call(), context->id(), {.time_before_removal = time})));
  }
  EXPECT_TRUE(absl::IsNotFound(manager_->Modify(Call(), "none", {})));
  EXPECT_TRUE(Audit().empty());
}

TEST_F(JobManagerTest, OnlySoManyJobsAreKept) {
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    const auto context = Begin(Spec());
    ASSERT_TRUE(context->Finish(JobOutcome::Completed()).ok());
    ids.push_back(context->id());
  }
  ASSERT_TRUE(manager_->Modify(Call(), ids[0], {.delete_on_completion = false}).ok());
  ASSERT_TRUE(manager_->Modify(Call(), ids[1], {.delete_on_completion = false}).ok());
  ASSERT_TRUE(manager_->Modify(Call(), ids[1], {.delete_on_completion = false}).ok()) << "it is one of them";
  EXPECT_TRUE(absl::IsResourceExhausted(manager_->Modify(Call(), ids[2], {.delete_on_completion = false})));
  ASSERT_TRUE(manager_->Delete(Call(), ids[0]).ok());
  EXPECT_TRUE(manager_->Modify(Call(), ids[2], {.delete_on_completion = false}).ok());
}

TEST_F(JobManagerTest, AnEndedJobCanBeDeletedAndARunningOneCannot) {
  const auto context = Begin(Spec());
  const absl::Status running = manager_->Delete(Call(), context->id());
  EXPECT_TRUE(absl::IsFailedPrecondition(running));
  EXPECT_THAT(std::string(running.message()), HasSubstr("has not ended"));
  ASSERT_TRUE(context->Finish(JobOutcome::Completed()).ok());
  ASSERT_TRUE(manager_->Delete(Call("d1"), context->id()).ok());
  EXPECT_EQ(Find(context->id()), nullptr);
  EXPECT_EQ(History(context->id()).back(), "7:100>");
  EXPECT_THAT(Requests(), ElementsAre("d1"));
  EXPECT_TRUE(absl::IsNotFound(manager_->Delete(Call(), context->id())));
  Restart();
  EXPECT_EQ(Find(context->id()), nullptr);
}

TEST_F(JobManagerTest, AStaleExpectedRevisionIsAConflictThatNamesTheJob) {
  const auto context = Begin(Spec());
  security::Operation operation = Call("stale");
  operation.expected_revision = Find(context->id())->revision;
  Pass(absl::Seconds(2));
  context->Progress(50, "half");
  manager_->Tick();
  ASSERT_GT(Find(context->id())->revision, operation.expected_revision) << "readers see the revision of the progress";
  for (const absl::Status& status : {manager_->Cancel(operation, context->id(), {}),
                                     manager_->Modify(operation, context->id(), {.delete_on_completion = false})}) {
    ASSERT_TRUE(absl::IsAborted(status)) << status;
    const auto conflict = security::ConflictOf(status);
    ASSERT_TRUE(conflict.has_value());
    EXPECT_EQ(conflict->entity_kind, kJobEntityKind);
    EXPECT_EQ(conflict->entity_id, context->id());
    EXPECT_EQ(conflict->expected_revision, operation.expected_revision);
    EXPECT_EQ(conflict->revision, Find(context->id())->revision);
  }
  EXPECT_TRUE(Audit().empty());
  EXPECT_FALSE(context->cancelled());
  operation.expected_revision = Find(context->id())->revision;
  EXPECT_TRUE(manager_->Cancel(operation, context->id(), {}).ok());
  operation.expected_revision = 0;
  ASSERT_TRUE(context->Finish(JobOutcome::Cancelled()).ok());
  operation.expected_revision = Find(context->id())->revision - 1;
  EXPECT_TRUE(absl::IsAborted(manager_->Delete(operation, context->id())));
}

TEST_F(JobManagerTest, RevisionsAreThoseOfTheCommits) {
  const auto context = Begin(Spec());
  const auto made = Find(context->id());
  EXPECT_GT(made->revision, 0);
  EXPECT_EQ(made->created_revision, made->revision);
  ASSERT_TRUE(context->Finish(JobOutcome::Completed()).ok());
  const auto ended = Find(context->id());
  EXPECT_EQ(ended->created_revision, made->revision);
  EXPECT_GT(ended->revision, made->revision);
  EXPECT_TRUE(store_->Commit({}).ok());
  const auto entries = store_->ReadJournal(0, 1000);
  EXPECT_EQ(entries->back().revision, ended->revision);
  EXPECT_EQ(DecodeJobChange(entries->back().payload)->before->revision, made->revision);
}

TEST_F(JobManagerTest, ADryRunChecksEverythingAndChangesNothing) {
  const auto running = Begin(Spec());
  const auto ended = Begin(Spec());
  ASSERT_TRUE(ended->Finish(JobOutcome::Completed()).ok());
  const int64_t revision = store_->revision();
  const auto planned = [&](const std::function<absl::Status(const security::Operation&)>& call) {
    security::ChangePlan plan;
    security::Operation operation = Call("plan");
    operation.plan = &plan;
    const absl::Status status = call(operation);
    EXPECT_EQ(status.ok(), !plan.steps.empty()) << status;
    return status;
  };
  EXPECT_TRUE(planned([&](const auto& call) { return manager_->Cancel(call, running->id(), {}); }).ok());
  EXPECT_TRUE(planned([&](const auto& call) {
                return manager_->Modify(call, running->id(), {.delete_on_completion = false});
              }).ok());
  EXPECT_TRUE(planned([&](const auto& call) { return manager_->Delete(call, ended->id()); }).ok());
  EXPECT_FALSE(planned([&](const auto& call) { return manager_->Cancel(call, ended->id(), {}); }).ok());
  EXPECT_FALSE(planned([&](const auto& call) { return manager_->Delete(call, running->id()); }).ok());
  EXPECT_EQ(store_->revision(), revision);
  EXPECT_FALSE(running->cancelled());
  EXPECT_EQ(Find(running->id())->state, JobState::kNew);
  EXPECT_NE(Find(ended->id()), nullptr);
  EXPECT_TRUE(Audit().empty());
  EXPECT_TRUE(Requests().empty());
}

TEST_F(JobManagerTest, EndedJobsAreRemovedWhenTheirTimeHasCome) {
  JobSpec soon = Spec();
  soon.time_before_removal = absl::Seconds(10);
  const auto first = Begin(std::move(soon));
  const auto second = Begin(Spec());
  ASSERT_TRUE(first->Finish(JobOutcome::Completed()).ok());
  ASSERT_TRUE(second->Finish(JobOutcome::Completed()).ok());
  const auto before = manager_->Snapshot();
  Pass(absl::Seconds(9));
  manager_->Tick();
  EXPECT_NE(Find(first->id()), nullptr);
  Pass(absl::Seconds(1));
  manager_->Tick();
  EXPECT_EQ(Find(first->id()), nullptr);
  EXPECT_NE(Find(second->id()), nullptr);
  EXPECT_EQ(before->size(), 2u) << "a snapshot does not change";
  EXPECT_EQ(History(first->id()).back(), "7:100>");
  Restart();
  Pass(absl::Minutes(5));
  manager_->Tick();
  EXPECT_EQ(manager_->Snapshot()->size(), 0u) << "also after a restart";
}

TEST_F(JobManagerTest, RestartEndsUnfinishedJobsAsTheirResolverSays) {
  const auto known = Begin(Spec());
  known->Progress(40, "half way");
  JobSpec orphan_spec = Spec();
  orphan_spec.resolver = "nobody";
  const auto orphan = Begin(std::move(orphan_spec));
  const auto done = Begin(Spec());
  ASSERT_TRUE(done->Finish(JobOutcome::Completed()).ok());
  const std::string known_id = known->id();
  const std::string orphan_id = orphan->id();
  Restart();
  EXPECT_FALSE(IsFinal(Find(known_id)->state)) << "as it was, until it is resolved";
  std::vector<std::string> intents;
  manager_->SetResolver("inventory", [&](const Job& job) {
    intents.push_back(job.intent);
    return JobOutcome::Completed();
  });
  ASSERT_TRUE(manager_->ResolveUnfinished().ok());
  EXPECT_THAT(intents, ElementsAre("start M"));
  EXPECT_EQ(Find(known_id)->state, JobState::kCompleted);
  EXPECT_EQ(Find(orphan_id)->state, JobState::kException);
  EXPECT_THAT(Find(orphan_id)->error_description, HasSubstr("restarted"));
  EXPECT_EQ(History(known_id).size(), 2u);
  Restart();
  EXPECT_EQ(Find(orphan_id)->state, JobState::kException) << "and it is durable";
}

TEST_F(JobManagerTest, ResolvingLeavesWhatRunsNow) {
  const auto context = Begin(Spec());
  ASSERT_TRUE(manager_->ResolveUnfinished().ok());
  EXPECT_EQ(Find(context->id())->state, JobState::kNew);
  ASSERT_TRUE(context->Finish(JobOutcome::Completed()).ok());
}

TEST_F(JobManagerTest, LimitAndBadSpecs) {
  JobSpec nameless = Spec();
  nameless.name = "";
  EXPECT_TRUE(absl::IsInvalidArgument(manager_->Prepare(std::move(nameless)).status()));
  JobSpec negative = Spec();
  negative.time_before_removal = absl::Seconds(-1);
  EXPECT_TRUE(absl::IsInvalidArgument(manager_->Prepare(std::move(negative)).status()));
  std::vector<std::shared_ptr<JobContext>> contexts;
  contexts.reserve(5);
  for (int i = 0; i < 3; ++i) contexts.push_back(Begin(Spec()));
  {
    const auto fourth = manager_->Prepare(Spec());
    EXPECT_TRUE(fourth.ok());
    const absl::Status full = manager_->Prepare(Spec()).status();
    EXPECT_TRUE(absl::IsResourceExhausted(full));
    EXPECT_THAT(std::string(full.message()), HasSubstr("4 unfinished jobs"));
  }
  EXPECT_TRUE(manager_->Prepare(Spec()).ok()) << "a job that was dropped gives its place back";
  ASSERT_TRUE(contexts[0]->Finish(JobOutcome::Completed()).ok());
  contexts.push_back(Begin(Spec()));
  contexts.push_back(Begin(Spec()));
  EXPECT_FALSE(manager_->Prepare(Spec()).ok());
}

TEST_F(JobManagerTest, StopCancelsRunningWorkAndKeepsQueuedWorkForTheNextStart) {
  absl::Notification begun[2];
  std::vector<std::string> running;
  for (absl::Notification& notification : begun) {
    running.push_back(Begin(Spec([&](JobContext& job) {
                        absl::Notification cancelled;
                        job.OnCancel([&] { cancelled.Notify(); });
                        notification.Notify();
                        cancelled.WaitForNotification();
                        return JobOutcome::Cancelled("the service was stopped");
                      }))->id());
  }
  std::atomic<bool> ran = false;
  const std::string queued = Begin(Spec([&](JobContext&) {
                               ran = true;
                               return JobOutcome::Completed();
                             }))->id();
  for (absl::Notification& notification : begun) notification.WaitForNotification();
  manager_->Stop();
  EXPECT_TRUE(absl::IsUnavailable(manager_->Prepare(Spec()).status()));
  Restart();
  EXPECT_FALSE(ran);
  for (const std::string& id : running) EXPECT_EQ(Find(id)->state, JobState::kTerminated);
  EXPECT_EQ(Find(queued)->state, JobState::kNew);
}

TEST_F(JobManagerTest, ManyJobsAtOnceAllEndWhileReadersLook) {
  std::atomic<bool> reading = true;
  std::thread reader([&] {
    while (reading) {
      for (const auto& job : manager_->Snapshot()->All()) ASSERT_FALSE(job->id.empty());
      manager_->Tick();
    }
  });
  std::vector<std::thread> callers;
  callers.reserve(4);
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int i = 0; i < 25;) {
        auto job = manager_->Prepare(Spec([](JobContext& context) {
          context.Progress(50, "half");
          return context.cancelled() ? JobOutcome::Cancelled() : JobOutcome::Completed();
        }));
        if (!job.ok()) continue;  // the limit of four
        ++i;
        const auto revision =
            store_->Commit({[&](store::Transaction& t) { return job->Write(t); }, [&](int64_t) { job->Publish(); }});
        ASSERT_TRUE(revision.ok());
        if (i % 5 == 0) Cancel(job->id()).IgnoreError();
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  Settle();
  reading = false;
  reader.join();
  EXPECT_EQ(manager_->Snapshot()->size(), 100u);
  for (const auto& job : manager_->Snapshot()->All()) {
    const auto row = store_->Read("SELECT state FROM jobs WHERE id = ?", {job->id});
    EXPECT_EQ((*row)[0][0], store::SqlValue(static_cast<int64_t>(job->state)));
  }
}

}  // namespace
}  // namespace cimvisor::jobs
