#include "service/jobs/job_manager.h"

#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "service/cim/status_macros.h"
#include "service/jobs/job_rows.h"
#include "service/jobs/live_job.h"
#include "service/jobs/prepared_job_body.h"
#include "service/store/guid.h"

namespace cimvisor::jobs {
namespace {

constexpr uint32_t kFailed = 32768;
constexpr size_t kRemovalsAtOnce = 256;
constexpr absl::Duration kRemovalRetry = absl::Seconds(30);

absl::Status CheckSpec(const JobSpec& spec) {
  if (spec.name.empty()) return absl::InvalidArgumentError("a job needs a name");
  if (spec.time_before_removal < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat("the job \"", spec.name, "\" cannot be removed before it ends"));
  }
  return absl::OkStatus();
}

Job JobFromSpec(const JobSpec& spec) {
  Job job;
  job.id = store::RandomGuid();
  job.kind = spec.kind;
  job.name = spec.name;
  job.type = spec.type;
  job.owner = spec.owner;
  job.cancellable = spec.cancellable;
  job.affected = spec.affected;
  job.time_before_removal = spec.time_before_removal;
  job.resolver = spec.resolver;
  job.intent = spec.intent;
  return job;
}

class StoredJobManager : public JobManager {
 public:
  StoredJobManager(store::Store& store, JobManagerOptions options)
      : core_(std::make_shared<JobCore>(store, std::move(options))) {}
  ~StoredJobManager() override { Stop(); }

  absl::Status Load();
  void StartTimer();

  void SetResolver(const std::string& name, JobResolver resolver) override { resolvers_[name] = std::move(resolver); }
  absl::Status ResolveUnfinished() override;
  absl::StatusOr<PreparedJob> Prepare(JobSpec spec) override;
  std::shared_ptr<const JobSnapshot> Snapshot() const override { return core_->table.Snapshot(); }
  absl::Status Cancel(const security::Operation& operation, absl::string_view id, CancelOptions options) override;
  absl::Status Modify(const security::Operation& operation, absl::string_view id, const JobSettings& settings) override;
  absl::Status Delete(const security::Operation& operation, absl::string_view id) override;
  void Tick() override;
  void Stop() override;

 private:
  JobOutcome Resolve(const Job& job) const;
  absl::StatusOr<std::shared_ptr<const Job>> Find(absl::string_view id) const;
  absl::Status CheckSettings(const Job& job, const JobSettings& settings) const;
  void ShowModified(const Job& row);
  void RemoveDue(absl::Time now);
  void RunTimer();
  bool IsStopping() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_; }

  const std::shared_ptr<JobCore> core_;
  absl::flat_hash_map<std::string, JobResolver> resolvers_;  // before ResolveUnfinished
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread timer_;
};

absl::Status StoredJobManager::Load() {
  ASSIGN_OR_RETURN(std::vector<Job> jobs, LoadJobs(core_->store));
  for (Job& job : jobs) {
    if (IsFinal(job.state)) core_->registry.ScheduleRemoval(job);
    core_->table.Put(std::make_shared<const Job>(std::move(job)));
  }
  return absl::OkStatus();
}

void StoredJobManager::StartTimer() {
  if (core_->options.tick_interval == absl::InfiniteDuration()) return;
  timer_ = std::thread([this] { RunTimer(); });
}

void StoredJobManager::RunTimer() {
  while (true) {
    {
      const absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(this, &StoredJobManager::IsStopping), core_->options.tick_interval)) {
        return;
      }
    }
    Tick();
  }
}

JobOutcome StoredJobManager::Resolve(const Job& job) const {
  const auto found = resolvers_.find(job.resolver);
  if (found == resolvers_.end()) {
    return JobOutcome::Failed(kFailed,
                              "the service was restarted while it ran: look at what it acts on, and try again");
  }
  return found->second(job);
}

absl::Status StoredJobManager::ResolveUnfinished() {
  for (const std::shared_ptr<const Job>& job : Snapshot()->All()) {
    if (IsFinal(job->state) || core_->registry.FindLive(job->id) != nullptr) continue;
    const JobOutcome outcome = Resolve(*job);
    Job ended;
    const auto revision = core_->store.Commit({[&](store::Transaction& transaction) -> absl::Status {
                                                 ASSIGN_OR_RETURN(ended, UpdateJob(transaction, job->id, [&](Job& row) {
                                                                    ApplyOutcome(outcome, transaction.time(), &row);
                                                                  }));
                                                 return absl::OkStatus();
                                               },
                                               [&](int64_t) {
                                                 core_->table.Put(std::make_shared<const Job>(ended));
                                                 core_->registry.ScheduleRemoval(ended);
                                               }});
    RETURN_IF_ERROR(revision.status());
  }
  return absl::OkStatus();
}

absl::StatusOr<PreparedJob> StoredJobManager::Prepare(JobSpec spec) {
  RETURN_IF_ERROR(CheckSpec(spec));
  RETURN_IF_ERROR(core_->registry.Reserve());
  auto body = std::make_shared<PreparedJob::Body>();
  body->core = core_;
  body->job = std::make_shared<LiveJob>(core_, JobFromSpec(spec), std::move(spec.work));
  return PreparedJob(std::move(body));
}

absl::StatusOr<std::shared_ptr<const Job>> StoredJobManager::Find(absl::string_view id) const {
  std::shared_ptr<const Job> job = Snapshot()->Find(id);
  if (job == nullptr) return absl::NotFoundError(absl::StrCat("there is no job ", id));
  return job;
}

absl::Status StoredJobManager::Cancel(const security::Operation& operation, absl::string_view id,
                                      CancelOptions options) {
  const std::shared_ptr<LiveJob> live = core_->registry.FindLive(absl::AsciiStrToUpper(id));
  if (live != nullptr) return live->RequestCancel(operation, options);
  ASSIGN_OR_RETURN(const std::shared_ptr<const Job> job, Find(id));
  return absl::FailedPreconditionError(absl::StrCat("the job ", job->id, " (", job->name, ") has ended already"));
}

absl::Status StoredJobManager::CheckSettings(const Job& job, const JobSettings& settings) const {
  if (settings.time_before_removal.has_value() && (*settings.time_before_removal < absl::ZeroDuration() ||
                                                   *settings.time_before_removal > kLongestTimeBeforeRemoval)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the job ", job.id, " can stay for ", absl::FormatDuration(kLongestTimeBeforeRemoval),
                     " after its end at most, not for ", absl::FormatDuration(*settings.time_before_removal)));
  }
  if (settings.delete_on_completion.value_or(true) || !job.delete_on_completion) return absl::OkStatus();
  size_t kept = 0;
  for (const std::shared_ptr<const Job>& other : Snapshot()->All()) kept += other->delete_on_completion ? 0 : 1;
  if (kept < core_->options.kept_limit) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat(kept, " jobs are kept already: delete some of those that have ended before you keep another"));
}

absl::Status StoredJobManager::Modify(const security::Operation& operation, absl::string_view id,
                                      const JobSettings& settings) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Job> job, Find(id));
  RETURN_IF_ERROR(CheckSettings(*job, settings));
  const auto alter = [&settings](Job& row) {
    if (settings.time_before_removal) row.time_before_removal = *settings.time_before_removal;
    if (settings.delete_on_completion) row.delete_on_completion = *settings.delete_on_completion;
  };
  if (operation.plan != nullptr) {
    RETURN_IF_ERROR(CheckExpectedRevision(operation, *job));
    Job planned = *job;
    alter(planned);
    operation.plan->steps.push_back(
        planned.delete_on_completion
            ? absl::StrCat("the job ", job->id, " (", job->name, ") is removed ",
                           absl::FormatDuration(planned.time_before_removal), " after its end")
            : absl::StrCat("the job ", job->id, " (", job->name, ") stays until it is deleted"));
    return absl::OkStatus();
  }
  Job modified;
  return core_->store
      .Commit({[&](store::Transaction& transaction) -> absl::Status {
                 ASSIGN_OR_RETURN(
                     modified, UpdateJob(transaction, job->id, alter, {.operation = &operation, .also_ended = true}));
                 return absl::OkStatus();
               },
               [&](int64_t) { ShowModified(modified); }},
              operation.deadline)
      .status();
}

// On the writer's thread, in the order of the commits: a job that the row says has ended is shown as ended already.
void StoredJobManager::ShowModified(const Job& row) {
  if (IsFinal(row.state)) {
    core_->table.Put(std::make_shared<const Job>(row));
    core_->registry.ScheduleRemoval(row);
  } else if (const std::shared_ptr<LiveJob> live = core_->registry.FindLive(row.id)) {
    live->ShowSettings(row);
  }
}

absl::Status StoredJobManager::Delete(const security::Operation& operation, absl::string_view id) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Job> job, Find(id));
  if (operation.plan != nullptr) {
    RETURN_IF_ERROR(CheckCanBeDeleted(operation, *job));
    operation.plan->steps.push_back(absl::StrCat("the job ", job->id, " (", job->name, ") is removed"));
    return absl::OkStatus();
  }
  return core_->store
      .Commit({[&](store::Transaction& transaction) { return DeleteEndedJob(transaction, job->id, operation); },
               [&](int64_t) {
                 core_->table.Remove(job->id);
                 core_->registry.CancelRemoval(job->id);
               }},
              operation.deadline)
      .status();
}

void StoredJobManager::RemoveDue(absl::Time now) {
  while (true) {
    const std::vector<std::string> due = core_->registry.TakeDue(now, kRemovalsAtOnce);
    if (due.empty()) return;
    std::vector<std::string> removed;
    const auto revision =
        core_->store.Commit({[&](store::Transaction& transaction) -> absl::Status {
                               removed.clear();
                               for (const std::string& id : due) {
                                 ASSIGN_OR_RETURN(const bool is_gone, DeleteDueJob(transaction, id, now));
                                 if (is_gone) removed.push_back(id);
                               }
                               return absl::OkStatus();
                             },
                             [&](int64_t) {
                               for (const std::string& id : removed) core_->table.Remove(id);
                             }});
    if (revision.ok()) continue;
    for (const std::string& id : due) core_->registry.ScheduleRemoval(id, now + kRemovalRetry);
    return;
  }
}

void StoredJobManager::Tick() {
  const absl::Time now = core_->options.now();
  for (const std::shared_ptr<LiveJob>& job : core_->registry.Live()) job->CatchUp(now);
  RemoveDue(now);
}

void StoredJobManager::Stop() {
  {
    const absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  core_->registry.Close();
  if (timer_.joinable()) timer_.join();
  for (const std::shared_ptr<LiveJob>& job : core_->registry.Live()) job->MarkCancelled();
  core_->pool.Stop();
  core_->registry.ForgetLive();
}

}  // namespace

absl::StatusOr<std::unique_ptr<JobManager>> JobManager::Create(store::Store& store, JobManagerOptions options) {
  if (!options.now) options.now = [] { return absl::Now(); };
  auto manager = std::make_unique<StoredJobManager>(store, std::move(options));
  RETURN_IF_ERROR(manager->Load());
  manager->StartTimer();
  return manager;
}

}  // namespace cimvisor::jobs
