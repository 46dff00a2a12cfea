// Calls a method, waits for the job that it starts, and says how it went.
#ifndef CIMVISOR_CLIENTS_CLI_METHOD_RUNNER_H_
#define CIMVISOR_CLIENTS_CLI_METHOD_RUNNER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "clients/cli/session.h"
#include "clients/cpp/client.h"

namespace cimvisor::cli {

// Waits for the job through its events, with progress on a terminal; a job that failed is an error. With --no-wait it
// prints the job's path and returns at once.
absl::Status FinishJob(const Session& session, client::Client& client, const client::InvokeResult& result);

// Invoke, ToStatus and FinishJob in one. The result of the call, once its job has ended.
absl::StatusOr<client::InvokeResult> RunMethod(const Session& session, client::Client& client, const std::string& path,
                                               const std::string& method,
                                               const std::vector<client::Property>& parameters);

}  // namespace cimvisor::cli

#endif  // CIMVISOR_CLIENTS_CLI_METHOD_RUNNER_H_
