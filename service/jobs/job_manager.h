// Long work as jobs with durable rows: created with the intent, finished with the effect, never left open by a crash.
//
//   // Validate, then, in the call that returns 4096 and the job:
//   ASSIGN_OR_RETURN(jobs::PreparedJob job, manager.Prepare({
//       .name = "Starting Virtual Machine", .type = 4, .owner = security::CallerText(operation.caller),
//       .cancellable = true, .affected = {{"machine", id}}, .resolver = "inventory", .intent = bytes,
//       .work = [this, id](jobs::JobContext& context) { return Start(id, context); }}));
//   auto revision = store.Commit({
//       .write = [&](store::Transaction& t) -> absl::Status {
//         RETURN_IF_ERROR(job.Write(t));
//         return WriteStartIntent(t, id); },
//       .publish = [&](int64_t) { PublishStarting(id); job.Publish(); }});   // its work starts after this
//
//   // In the work, on a thread of the pool: the effect and the end of the job are one commit.
//   jobs::JobOutcome Start(id, context) {
//     context.Progress(30, "waiting for the worker");
//     if (context.cancelled()) return jobs::JobOutcome::Cancelled();      // the manager commits this end
//     …
//     store.Commit({.write = [&](store::Transaction& t) -> absl::Status {
//                     RETURN_IF_ERROR(WriteRunning(t, id));
//                     return context.FinishIn(t, jobs::JobOutcome::Completed()); },
//                   .publish = [&](int64_t) { PublishRunning(id); context.PublishFinish(); }});
//     return jobs::JobOutcome::Completed();                               // ignored: it is finished already
//   }
#ifndef CIMVISOR_SERVICE_JOBS_JOB_MANAGER_H_
#define CIMVISOR_SERVICE_JOBS_JOB_MANAGER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/jobs/job.h"
#include "service/security/operation.h"
#include "service/store/store.h"

namespace cimvisor::jobs {

// The hand of the work on its job. Thread-safe; outlives the manager's interest in it, but not the manager.
class JobContext {
 public:
  virtual ~JobContext() = default;
  virtual const std::string& id() const = 0;
  virtual bool cancelled() const = 0;
  // `hook` runs once, on the thread that asks for the cancel (at once when that was before); it must not block. None
  // runs after the work has returned, so it may refer to what the work has on its stack.
  virtual void OnCancel(std::function<void()> hook) = 0;
  // Percent from 0 to 99, never going back, and the step. Readers see it at once; it is committed and journaled at most
  // once a second. Does not block. Ignored once the job is finished.
  virtual void Progress(int percent, std::string status) = 0;
  // Writes the end of the job in the transaction of its effect. kFailedPrecondition when it is finished already. When
  // that transaction fails, the job is not finished and this may be called again.
  virtual absl::Status FinishIn(store::Transaction& transaction, const JobOutcome& outcome) = 0;
  // In Change::publish of that same change: readers see the end.
  virtual void PublishFinish() = 0;
  // Commits the end by itself: for jobs without `work`, whose owner ends them when it hears of the end.
  virtual absl::Status Finish(const JobOutcome& outcome) = 0;
};

using JobWork = std::function<JobOutcome(JobContext& context)>;

struct JobSpec {
  std::string kind = {};
  std::string name = {};
  uint16_t type = 0;
  std::string owner = {};
  bool cancellable = false;
  std::vector<JobElement> affected = {};
  absl::Duration time_before_removal = absl::Minutes(5);
  std::string resolver = {};
  std::string intent = {};
  // Runs on a thread of the pool after Publish, also when a cancel came before it began. Empty: the owner keeps
  // PreparedJob::context() and calls Finish.
  JobWork work = nullptr;
};

// A job on its way into a transaction; holds a place in the queue. Movable. Dropped without Publish, it never was.
class PreparedJob {
 public:
  class Body;
  explicit PreparedJob(std::shared_ptr<Body> body);
  PreparedJob(PreparedJob&&) noexcept;
  PreparedJob& operator=(PreparedJob&&) noexcept;
  ~PreparedJob();

  const std::string& id() const;
  // Inserts the row and the journal entry. Inside Change::write.
  absl::Status Write(store::Transaction& transaction);
  // Shows the job to readers and queues its work. Inside Change::publish of the same change.
  void Publish();
  std::shared_ptr<JobContext> context() const;

 private:
  std::shared_ptr<Body> body_;
};

// All jobs at one point in time; immutable, cheap to hold. In a read point take it before the snapshot of what jobs act
// on, so that no reader sees a job completed and its effect missing.
class JobSnapshot {
 public:
  virtual ~JobSnapshot() = default;
  // Null when there is none. The id without regard to case.
  virtual std::shared_ptr<const Job> Find(absl::string_view id) const = 0;
  // Ordered by id.
  virtual std::vector<std::shared_ptr<const Job>> All() const = 0;
  virtual size_t size() const = 0;
};

// Says how a job that was unfinished when the service ended truly ended, by looking at the world. May also finish what
// belongs to it: the outcome is committed after it returns.
using JobResolver = std::function<JobOutcome(const Job& job)>;

// How a client asks a job to end.
struct CancelOptions {
  CancelRequest request = CancelRequest::kTerminate;  // or kKill
  bool remove_at_end = false;                         // KillJob's DeleteOnKill: it is gone once it has ended
};

// What a client may set of a job, ended or not (the properties of Msvm_ConcreteJob that can be written).
struct JobSettings {
  std::optional<absl::Duration> time_before_removal = {};  // from nothing to kLongestTimeBeforeRemoval
  std::optional<bool> delete_on_completion = {};           // false: it stays until it is deleted
};
inline constexpr absl::Duration kLongestTimeBeforeRemoval = absl::Hours(24 * 30);

struct JobManagerOptions {
  std::function<absl::Time()> now = nullptr;            // empty: absl::Now
  int threads = 8;                                      // of the pool that runs work
  size_t queue_limit = 1024;                            // jobs prepared, queued or running; more: kResourceExhausted
  size_t kept_limit = 1000;                             // jobs that stay until they are deleted
  absl::Duration progress_interval = absl::Seconds(1);  // between commits of one job's progress
  // Between calls of Tick by the manager's own timer thread; InfiniteDuration: none, the owner (a test) calls Tick.
  absl::Duration tick_interval = absl::Seconds(1);
};

// Thread-safe. `store` must outlive it. Destroying it cancels running work and waits for it.
class JobManager {
 public:
  // Loads the rows. Unfinished jobs stay as they were until ResolveUnfinished.
  static absl::StatusOr<std::unique_ptr<JobManager>> Create(store::Store& store, JobManagerOptions options = {});
  virtual ~JobManager() = default;

  // Who answers for the unfinished jobs whose `resolver` is `name`; before ResolveUnfinished.
  virtual void SetResolver(const std::string& name, JobResolver resolver) = 0;
  // Once at start, before the service serves: ends every job that a former life left unfinished, as its resolver says,
  // else as failed ("the service was restarted while it ran").
  virtual absl::Status ResolveUnfinished() = 0;

  // Checks the spec and gives it an id. kInvalidArgument; kResourceExhausted with the limit; kUnavailable when
  // stopping.
  virtual absl::StatusOr<PreparedJob> Prepare(JobSpec spec) = 0;

  virtual std::shared_ptr<const JobSnapshot> Snapshot() const = 0;

  // The changes that a client makes. Each records its operation in the transaction of the change, demands the expected
  // revision that it names (kAborted with a security::Conflict), and for a dry run only fills the plan.
  //
  // Asks a job to end (Msvm_ConcreteJob.RequestStateChange 4 and 5). Returns once that is committed; the job ends in
  // its own time, as kTerminated or kKilled. Asked again, it only records that. kNotFound; kFailedPrecondition when it
  // is not cancellable or has ended.
  virtual absl::Status Cancel(const security::Operation& operation, absl::string_view id, CancelOptions options) = 0;
  // kNotFound, kInvalidArgument; kResourceExhausted when too many jobs are kept.
  virtual absl::Status Modify(const security::Operation& operation, absl::string_view id,
                              const JobSettings& settings) = 0;
  // Forgets a job that has ended before its time. kNotFound; kFailedPrecondition when it has not ended.
  virtual absl::Status Delete(const security::Operation& operation, absl::string_view id) = 0;

  // Commits progress that was held back, and removes ended jobs whose time has come. Called by the timer thread.
  virtual void Tick() = 0;

  // Refuses new jobs, cancels what is cancellable, and waits for running work. Queued work that has not begun stays
  // unfinished in the database, for the resolver at the next start.
  // Not from a job's work. Idempotent.
  virtual void Stop() = 0;
};

}  // namespace cimvisor::jobs

#endif  // CIMVISOR_SERVICE_JOBS_JOB_MANAGER_H_
