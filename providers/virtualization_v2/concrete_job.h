// Msvm_ConcreteJob: the jobs, and what a client may ask of one.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_CONCRETE_JOB_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_CONCRETE_JOB_H_

#include "providers/inventory/errors.h"
#include "providers/virtualization_v2/read_point.h"
#include "providers/virtualization_v2/view_context.h"
#include "service/broker/provider.h"
#include "service/jobs/job_manager.h"

namespace cimvisor::views {

class ConcreteJobProvider : public broker::Provider {
 public:
  explicit ConcreteJobProvider(const ViewContext& context) : context_(context) {}

  absl::Status Enumerate(const broker::ReadContext& context, const broker::EnumerateRequest& request,
                         broker::InstanceSink sink) override;
  bool HasIndex(const cim::Class& cls, const broker::LookupHint& hint) const override;
  absl::StatusOr<InstancePointer> Get(const broker::ReadContext& context, const ClassPointer& cls,
                                      const cim::ObjectPath& path, const cim::PropertySet& properties) override;
  absl::StatusOr<broker::MethodResult> Invoke(const broker::ReadContext& context, security::Operation& operation,
                                              broker::MethodCall call) override;
  // TimeBeforeRemoval and DeleteOnCompletion; anything else that differs is refused by name.
  absl::Status Modify(const broker::ReadContext& context, security::Operation& operation, const cim::ObjectPath& path,
                      const cim::Instance& instance) override;
  // Of a job that has ended.
  absl::Status Delete(const broker::ReadContext& context, security::Operation& operation,
                      const cim::ObjectPath& path) override;

 private:
  absl::StatusOr<JobPointer> Find(const broker::ReadContext& context, const cim::ObjectPath& path) const;
  absl::StatusOr<broker::MethodResult> RequestStateChange(security::Operation& operation,
                                                          const broker::MethodCall& call, const jobs::Job& job) const;
  absl::StatusOr<broker::MethodResult> KillJob(security::Operation& operation, const broker::MethodCall& call,
                                               const jobs::Job& job) const;
  // `refusal`: the return value when the job's state forbids it.
  absl::StatusOr<broker::MethodResult> Cancel(security::Operation& operation, const broker::MethodCall& call,
                                              const jobs::Job& job, const jobs::CancelOptions& options,
                                              uint32_t refusal) const;
  broker::MethodResult GetError(const jobs::Job& job) const;
  broker::MethodResult GetErrorEx(const jobs::Job& job) const;
  // What went wrong, as an Msvm_Error; null when nothing did.
  InstancePointer ErrorOf(const jobs::Job& job) const;
  broker::MethodResult Refuse(const broker::MethodCall& call, uint32_t return_value, inventory::ErrorKind kind,
                              absl::string_view message) const;

  const ViewContext& context_;
};

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_CONCRETE_JOB_H_
