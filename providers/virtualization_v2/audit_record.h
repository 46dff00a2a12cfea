// Cimvisor_AuditRecord: the audit trail. permissions.txt lets only administrators read it.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_AUDIT_RECORD_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_AUDIT_RECORD_H_

#include "providers/virtualization_v2/view_context.h"
#include "service/broker/provider.h"

namespace cimvisor::views {

// The most rows that an enumeration gives: the newest.
inline constexpr size_t kMaximumAuditRows = 10000;

class AuditRecordProvider : public broker::Provider {
 public:
  explicit AuditRecordProvider(const ViewContext& context) : context_(context) {}

  // Newest first. Reads the database, not the read point: denials make no revision.
  absl::Status Enumerate(const broker::ReadContext& context, const broker::EnumerateRequest& request,
                         broker::InstanceSink sink) override;
  absl::StatusOr<InstancePointer> Get(const broker::ReadContext& context, const ClassPointer& cls,
                                      const cim::ObjectPath& path, const cim::PropertySet& properties) override;

 private:
  const ViewContext& context_;
};

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_AUDIT_RECORD_H_
