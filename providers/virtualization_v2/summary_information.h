// Msvm_SummaryInformation: what is often asked of a machine, in one instance.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_SUMMARY_INFORMATION_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_SUMMARY_INFORMATION_H_

#include "absl/status/statusor.h"
#include "providers/inventory/snapshot.h"
#include "providers/virtualization_v2/read_point.h"
#include "providers/virtualization_v2/view_context.h"
#include "service/broker/provider.h"

namespace cimvisor::views {

// The properties that the codes of GetSummaryInformation's RequestedInformation select; none: all. kInvalidParameter
// for a number that is no code, kNotSupported for one whose meaning Microsoft's pages leave open.
absl::StatusOr<cim::PropertySet> SummaryProperties(const std::vector<uint32_t>& codes);

// InstanceID and what `properties` selects; the rest is null. What a machine of this service cannot have (thumbnails, a
// guest's integration services) is null too.
InstancePointer RenderSummary(const ViewContext& context, const ViewReadPoint& read_point,
                              const inventory::MachineRecord& machine, const cim::PropertySet& properties);

class SummaryInformationProvider : public broker::Provider {
 public:
  explicit SummaryInformationProvider(const ViewContext& context) : context_(context) {}

  absl::Status Enumerate(const broker::ReadContext& context, const broker::EnumerateRequest& request,
                         broker::InstanceSink sink) override;
  bool HasIndex(const cim::Class& cls, const broker::LookupHint& hint) const override;
  absl::StatusOr<InstancePointer> Get(const broker::ReadContext& context, const ClassPointer& cls,
                                      const cim::ObjectPath& path, const cim::PropertySet& properties) override;

 private:
  const ViewContext& context_;
};

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_SUMMARY_INFORMATION_H_
