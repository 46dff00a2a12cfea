// A job that has not ended, with its work: the manager's side of JobContext.
#ifndef CIMVISOR_SERVICE_JOBS_LIVE_JOB_H_
#define CIMVISOR_SERVICE_JOBS_LIVE_JOB_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "service/jobs/job_manager.h"
#include "service/jobs/job_registry.h"
#include "service/jobs/job_table.h"
#include "service/jobs/worker_pool.h"

namespace cimvisor::jobs {

// What jobs share with their manager.
struct JobCore {
  JobCore(store::Store& the_store, JobManagerOptions the_options)
      : store(the_store), options(std::move(the_options)), registry(options.queue_limit), pool(options.threads) {}

  store::Store& store;
  const JobManagerOptions options;
  JobTable table;
  JobRegistry registry;
  WorkerPool pool;
};

// Puts the end into a job. An outcome that is not final becomes a failure.
void ApplyOutcome(const JobOutcome& outcome, absl::Time now, Job* job);

class LiveJob : public JobContext {
 public:
  // Holds a place of the registry until it has ended or is dropped.
  LiveJob(std::shared_ptr<JobCore> core, Job job, JobWork work);
  ~LiveJob() override;

  const std::string& id() const override { return id_; }
  bool cancelled() const override { return cancelled_.load(); }
  void OnCancel(std::function<void()> hook) override;
  void Progress(int percent, std::string status) override;
  absl::Status FinishIn(store::Transaction& transaction, const JobOutcome& outcome) override;
  void PublishFinish() override;
  absl::Status Finish(const JobOutcome& outcome) override;

  bool has_work() const { return has_work_; }
  absl::Status Insert(store::Transaction& transaction);
  void Show();
  // On a thread of the pool: the work, and its end where it did not commit that itself.
  void Run();
  // Commits the cancel, then does as MarkCancelled.
  absl::Status RequestCancel(const security::Operation& operation, const CancelOptions& options);
  // After the commit of settings that a client chose: readers see them.
  void ShowSettings(const Job& row);
  // Sets the flag and runs the hooks. For a job that is not cancellable it does nothing.
  void MarkCancelled();
  // Commits progress that waited for longer than the interval, and an end whose commit failed before.
  void CatchUp(absl::Time now);

 private:
  absl::Status PlanCancel(const security::Operation& operation, const CancelOptions& options);
  void ShowLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ShowSettingsLocked(const Job& row) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool NoHookRuns() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return running_hooks_ == 0; }
  void DropHooks();
  std::optional<Job> TakeWaitingProgress(absl::Time now);
  void End(const JobOutcome& outcome);
  absl::Status CheckCancellable();
  Job shown() const;

  const std::shared_ptr<JobCore> core_;
  const std::string id_;
  const bool cancellable_;
  const bool has_work_;
  JobWork work_;  // of the thread that runs it
  std::atomic<bool> cancelled_ = false;

  mutable absl::Mutex mutex_;
  Job shown_ ABSL_GUARDED_BY(mutex_);                                // as readers see it
  std::optional<Job> written_end_ ABSL_GUARDED_BY(mutex_);           // by FinishIn, not yet published
  std::optional<JobOutcome> unwritten_end_ ABSL_GUARDED_BY(mutex_);  // whose commit failed
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool waiting_progress_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time committed_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::vector<std::function<void()>> hooks_ ABSL_GUARDED_BY(mutex_);
  int running_hooks_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cimvisor::jobs

#endif  // CIMVISOR_SERVICE_JOBS_LIVE_JOB_H_
