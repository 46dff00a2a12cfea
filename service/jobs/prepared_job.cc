#include <utility>

#include "service/jobs/job_manager.h"
#include "service/jobs/prepared_job_body.h"

namespace cimvisor::jobs {

PreparedJob::PreparedJob(std::shared_ptr<Body> body) : body_(std::move(body)) {}
PreparedJob::PreparedJob(PreparedJob&&) noexcept = default;
PreparedJob& PreparedJob::operator=(PreparedJob&&) noexcept = default;
PreparedJob::~PreparedJob() = default;

const std::string& PreparedJob::id() const { return body_->job->id(); }
absl::Status PreparedJob::Write(store::Transaction& transaction) { return body_->job->Insert(transaction); }
std::shared_ptr<JobContext> PreparedJob::context() const { return body_->job; }

void PreparedJob::Publish() {
  const std::shared_ptr<LiveJob>& job = body_->job;
  body_->core->registry.AddLive(job);
  job->Show();
  if (job->has_work()) body_->core->pool.Submit([job] { job->Run(); });
}

}  // namespace cimvisor::jobs
