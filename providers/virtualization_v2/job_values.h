// A job as Msvm_ConcreteJob.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_JOB_VALUES_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_JOB_VALUES_H_

#include "absl/time/time.h"
#include "providers/virtualization_v2/view_context.h"
#include "service/jobs/job.h"

namespace cimvisor::views {

// `now`: for ElapsedTime while it runs.
InstancePointer RenderJob(const ViewContext& context, const jobs::Job& job, absl::Time now);

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_JOB_VALUES_H_
