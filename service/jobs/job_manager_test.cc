#include "service/jobs/job_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "service/cim/status_macros.h"
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
  ASSERT_TRUE(manager_->Cancel(context->id()).ok());
  Settle();
  EXPECT_EQ(Find(context->id())->state, JobState::kTerminated);
  const auto history = History(context->id());
  ASSERT_EQ(history.size(), 3u);
  EXPECT_THAT(history[1], HasSubstr(">6:"));
  EXPECT_EQ(history[2], "6:0>8:0");
  EXPECT_TRUE(absl::IsFailedPrecondition(manager_->Cancel(context->id())));
}

TEST_F(JobManagerTest, SecondCancelChangesNothing) {
  const auto context = Begin(Spec());
  ASSERT_TRUE(manager_->Cancel(context->id()).ok());
  EXPECT_EQ(Find(context->id())->state, JobState::kShuttingDown);
  ASSERT_TRUE(manager_->Cancel(context->id()).ok());
  EXPECT_EQ(History(context->id()).size(), 2u);
  ASSERT_TRUE(context->Finish(JobOutcome::Cancelled()).ok());
}

TEST_F(JobManagerTest, WhatCannotBeCancelledSaysSo) {
  EXPECT_TRUE(absl::IsNotFound(manager_->Cancel("no such job")));
  JobSpec spec = Spec();
  spec.cancellable = false;
  const auto context = Begin(std::move(spec));
  const absl::Status status = manager_->Cancel(context->id());
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot be cancelled"));
  EXPECT_FALSE(context->cancelled());
  ASSERT_TRUE(context->Finish(JobOutcome::Completed()).ok());
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
        if (i % 5 == 0) manager_->Cancel(job->id()).IgnoreError();
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
