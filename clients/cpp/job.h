// What a job's instance (Msvm_ConcreteJob) says.
#ifndef CIMVISOR_CLIENTS_CPP_JOB_H_
#define CIMVISOR_CLIENTS_CPP_JOB_H_

#include "absl/status/status.h"
#include "clients/cpp/values.h"

namespace cimvisor::client {

// JobState of CIM_ConcreteJob: 7 completed, 8 terminated, 9 killed, 10 exception, 32768 completed with warnings.
bool JobHasEnded(const Instance& job);

// OK for a job that completed (with warnings or without); else the job's error in words. For an ended job.
absl::Status JobStatusOf(const Instance& job);

}  // namespace cimvisor::client

#endif  // CIMVISOR_CLIENTS_CPP_JOB_H_
