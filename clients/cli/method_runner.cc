#include "clients/cli/method_runner.h"

#include <unistd.h>

#include <iostream>

#include "clients/cli/output.h"
#include "clients/cpp/job.h"
#include "clients/cpp/status_macros.h"

namespace cimvisor::cli {
namespace {

constexpr absl::Duration kLongestJob = absl::Hours(24);

void ShowProgress(const client::Instance& job) {
  std::cerr << "\r\x1b[K" << Printable(client::Text(job, "Caption")) << " "
            << client::Integer(job, "PercentComplete").value_or(0) << "% " << Printable(client::Text(job, "JobStatus"))
            << std::flush;
}

}  // namespace

absl::Status FinishJob(const Session& session, client::Client& client, const client::InvokeResult& result) {
  if (!result.started_job()) return absl::OkStatus();
  const std::string path = result.job_path();
  if (path.empty()) return absl::InternalError("the service said that it started a job, but not which");
  if (session.no_wait) {
    std::cout << path << "\n";
    return absl::OkStatus();
  }
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const absl::StatusOr<client::Instance> job =
      client.WatchJob(path, result.revision, kLongestJob,
                      terminal ? std::function<void(const client::Instance&)>(ShowProgress) : nullptr);
  if (terminal) std::cerr << "\r\x1b[K" << std::flush;
  RETURN_IF_ERROR(job.status());
  return client::JobStatusOf(*job);
}

absl::StatusOr<client::InvokeResult> RunMethod(const Session& session, client::Client& client, const std::string& path,
                                               const std::string& method,
                                               const std::vector<client::Property>& parameters) {
  ASSIGN_OR_RETURN(client::InvokeResult result, client.Invoke(path, method, parameters));
  RETURN_IF_ERROR(result.ToStatus(method));
  RETURN_IF_ERROR(FinishJob(session, client, result));
  return result;
}

}  // namespace cimvisor::cli
