#include "service/jobs/live_job.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"
#include "service/jobs/job_rows.h"

namespace cimvisor::jobs {
namespace {

constexpr uint32_t kFailed = 32768;  // Hyper-V's "failed"

// What readers saw before it was committed, into the row.
void TakeProgress(const Job& shown, Job* row) {
  row->percent_complete = std::max(row->percent_complete, shown.percent_complete);
  row->status = shown.status;
  row->started = shown.started;
  if ((row->state == JobState::kNew || row->state == JobState::kStarting) && shown.state == JobState::kRunning) {
    row->state = shown.state;
    row->state_changed = shown.state_changed;
  }
}

}  // namespace

void ApplyOutcome(const JobOutcome& outcome, absl::Time now, Job* job) {
  const bool is_final = IsFinal(outcome.state);
  job->state = is_final ? outcome.state : JobState::kException;
  job->error_code = is_final ? outcome.error_code : kFailed;
  if (job->state == JobState::kTerminated && job->cancel == CancelRequest::kKill) job->state = JobState::kKilled;
  job->error_description = is_final ? outcome.error_description : "its work ended without saying how";
  if (job->state == JobState::kCompleted || job->state == JobState::kCompletedWithWarnings) job->percent_complete = 100;
  for (const JobElement& element : outcome.affected) {
    if (!absl::c_linear_search(job->affected, element)) job->affected.push_back(element);
  }
  job->state_changed = now;
  job->ended = now;
}

LiveJob::LiveJob(std::shared_ptr<JobCore> core, Job job, JobWork work)
    : core_(std::move(core)),
      id_(job.id),
      cancellable_(job.cancellable),
      has_work_(work != nullptr),
      work_(std::move(work)),
      shown_(std::move(job)) {}

LiveJob::~LiveJob() {
  const absl::MutexLock lock(&mutex_);
  if (!ended_) core_->registry.Release();
}

Job LiveJob::shown() const {
  const absl::MutexLock lock(&mutex_);
  return shown_;
}

void LiveJob::ShowLocked() { core_->table.Put(std::make_shared<const Job>(shown_)); }

absl::Status LiveJob::Insert(store::Transaction& transaction) {
  Job job = shown();
  job.created = job.state_changed = transaction.time();
  RETURN_IF_ERROR(InsertJob(transaction, job));
  const absl::MutexLock lock(&mutex_);
  shown_ = std::move(job);
  return absl::OkStatus();
}

void LiveJob::Show() {
  const absl::MutexLock lock(&mutex_);
  committed_at_ = core_->options.now();
  ShowLocked();
}

void LiveJob::OnCancel(std::function<void()> hook) {
  {
    const absl::MutexLock lock(&mutex_);
    if (!cancelled_) {
      hooks_.push_back(std::move(hook));
      return;
    }
  }
  hook();
}

void LiveJob::Progress(int percent, std::string status) {
  const absl::MutexLock lock(&mutex_);
  if (ended_) return;
  shown_.percent_complete = std::max(shown_.percent_complete, static_cast<uint16_t>(std::clamp(percent, 0, 99)));
  shown_.status = std::move(status);
  waiting_progress_ = true;
  ShowLocked();
}

absl::Status LiveJob::FinishIn(store::Transaction& transaction, const JobOutcome& outcome) {
  const Job progress = shown();
  ASSIGN_OR_RETURN(Job end, UpdateJob(transaction, id_, [&](Job& row) {
                     TakeProgress(progress, &row);
                     ApplyOutcome(outcome, transaction.time(), &row);
                   }));
  const absl::MutexLock lock(&mutex_);
  written_end_ = std::move(end);
  return absl::OkStatus();
}

void LiveJob::PublishFinish() {
  {
    const absl::MutexLock lock(&mutex_);
    if (ended_ || !written_end_) return;
    shown_ = *std::move(written_end_);
    ended_ = true;
    unwritten_end_.reset();
    ShowLocked();
    core_->registry.ScheduleRemoval(shown_);
  }
  core_->registry.Release();
  core_->registry.RemoveLive(id_);
}

absl::Status LiveJob::Finish(const JobOutcome& outcome) {
  return core_->store
      .Commit({[&](store::Transaction& transaction) { return FinishIn(transaction, outcome); },
               [&](int64_t) { PublishFinish(); }})
      .status();
}

// Commits the end unless the work did; where that fails (a full disk), Tick tries again.
void LiveJob::End(const JobOutcome& outcome) {
  {
    const absl::MutexLock lock(&mutex_);
    if (ended_) return;
  }
  const absl::Status status = Finish(outcome);
  if (status.ok() || absl::IsFailedPrecondition(status) || absl::IsNotFound(status)) return;
  const absl::MutexLock lock(&mutex_);
  if (!ended_) unwritten_end_ = outcome;
}

void LiveJob::DropHooks() {
  std::vector<std::function<void()>> dropped;
  const absl::MutexLock lock(&mutex_);
  dropped.swap(hooks_);
  mutex_.Await(absl::Condition(this, &LiveJob::NoHookRuns));
}

void LiveJob::Run() {
  {
    const absl::MutexLock lock(&mutex_);
    if (shown_.state == JobState::kNew) {
      shown_.state = JobState::kRunning;
      shown_.state_changed = core_->options.now();
    }
    shown_.started = core_->options.now();
    waiting_progress_ = true;
    ShowLocked();
  }
  const JobOutcome outcome = work_(*this);
  DropHooks();
  work_ = nullptr;
  End(outcome);
}

absl::Status LiveJob::CheckCancellable() {
  const absl::MutexLock lock(&mutex_);
  if (ended_) return absl::FailedPreconditionError(absl::StrCat("the job ", id_, " has ended already"));
  if (!cancellable_) {
    return absl::FailedPreconditionError(
        absl::StrCat("the job ", id_, " (", shown_.name, ") cannot be cancelled: wait for its end"));
  }
  return absl::OkStatus();
}

absl::Status LiveJob::PlanCancel(const security::Operation& operation, const CancelOptions& options) {
  const Job job = shown();
  RETURN_IF_ERROR(CheckExpectedRevision(operation, job));
  operation.plan->steps.push_back(
      absl::StrCat("the job ", id_, " (", job.name, ", ", job.percent_complete, "% done) is told to end"));
  operation.plan->steps.push_back("what it has begun is undone");
  if (options.remove_at_end) operation.plan->steps.push_back("the job is removed once it has ended");
  return absl::OkStatus();
}

absl::Status LiveJob::RequestCancel(const security::Operation& operation, const CancelOptions& options) {
  RETURN_IF_ERROR(CheckCancellable());
  if (operation.plan != nullptr) return PlanCancel(operation, options);
  const Job progress = shown();
  std::optional<Job> cancelling;
  const auto alter = [&](absl::Time now, Job& row) {
    if (options.remove_at_end) {
      row.delete_on_completion = true;
      row.time_before_removal = absl::ZeroDuration();
    }
    row.cancel = std::max(row.cancel, options.request);
    if (row.state == JobState::kShuttingDown) return;
    TakeProgress(progress, &row);
    row.state = JobState::kShuttingDown;
    row.state_changed = now;
  };
  const auto revision = core_->store.Commit(
      {[&](store::Transaction& transaction) -> absl::Status {
         ASSIGN_OR_RETURN(cancelling, UpdateJob(transaction, id_, [&](Job& row) { alter(transaction.time(), row); },
                                                {.operation = &operation}));
         return absl::OkStatus();
       },
       [&](int64_t) {
         const absl::MutexLock lock(&mutex_);
         if (ended_) return;
         shown_.state = cancelling->state;
         shown_.state_changed = cancelling->state_changed;
         shown_.cancel = cancelling->cancel;
         ShowSettingsLocked(*cancelling);
       }},
      operation.deadline);
  RETURN_IF_ERROR(revision.status());
  MarkCancelled();
  return absl::OkStatus();
}

void LiveJob::ShowSettings(const Job& row) {
  const absl::MutexLock lock(&mutex_);
  if (!ended_) ShowSettingsLocked(row);
}

void LiveJob::ShowSettingsLocked(const Job& row) {
  shown_.delete_on_completion = row.delete_on_completion;
  shown_.time_before_removal = row.time_before_removal;
  shown_.revision = row.revision;
  ShowLocked();
}

void LiveJob::MarkCancelled() {
  if (!cancellable_) return;
  std::vector<std::function<void()>> hooks;
  {
    const absl::MutexLock lock(&mutex_);
    cancelled_ = true;
    hooks.swap(hooks_);
    ++running_hooks_;
  }
  for (const auto& hook : hooks) hook();
  const absl::MutexLock lock(&mutex_);
  --running_hooks_;
}

std::optional<Job> LiveJob::TakeWaitingProgress(absl::Time now) {
  const absl::MutexLock lock(&mutex_);
  if (ended_ || !waiting_progress_ || now - committed_at_ < core_->options.progress_interval) return std::nullopt;
  waiting_progress_ = false;
  committed_at_ = now;
  return shown_;
}

void LiveJob::CatchUp(absl::Time now) {
  std::optional<JobOutcome> end;
  {
    const absl::MutexLock lock(&mutex_);
    end.swap(unwritten_end_);
  }
  if (end) return End(*end);
  const std::optional<Job> progress = TakeWaitingProgress(now);
  if (!progress) return;
  int64_t committed = 0;
  const auto revision = core_->store.Commit(
      {[&](store::Transaction& transaction) -> absl::Status {
         ASSIGN_OR_RETURN(const Job row, UpdateJob(transaction, id_, [&](Job& job) { TakeProgress(*progress, &job); }));
         committed = row.revision;
         return absl::OkStatus();
       },
       [&](int64_t) {
         const absl::MutexLock lock(&mutex_);
         if (ended_) return;
         shown_.revision = committed;
         ShowLocked();
       }});
  if (revision.ok() || absl::IsFailedPrecondition(revision.status())) return;
  const absl::MutexLock lock(&mutex_);
  waiting_progress_ = true;
}

}  // namespace cimvisor::jobs
