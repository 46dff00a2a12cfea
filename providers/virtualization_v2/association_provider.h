// What all providers of associations share: an association is listed whole, or walked from one of its ends.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_ASSOCIATION_PROVIDER_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_ASSOCIATION_PROVIDER_H_

#include "providers/virtualization_v2/read_point.h"
#include "providers/virtualization_v2/view_context.h"
#include "service/broker/provider.h"

namespace cimvisor::views {

class AssociationProvider : public broker::Provider {
 public:
  // The slots of the two ends.
  AssociationProvider(int first_slot, int second_slot) : first_slot_(first_slot), second_slot_(second_slot) {}

  absl::Status Enumerate(const broker::ReadContext& context, const broker::EnumerateRequest& request,
                         broker::InstanceSink sink) override;
  bool HasIndex(const cim::Class& cls, const broker::LookupHint& hint) const override;
  absl::StatusOr<InstancePointer> Get(const broker::ReadContext& context, const ClassPointer& cls,
                                      const cim::ObjectPath& path, const cim::PropertySet& properties) override;
  absl::Status References(const broker::ReadContext& context, const ClassPointer& association, int role_slot,
                          const cim::ObjectPath& object, broker::InstanceSink sink) override;

 protected:
  // Each gives its instances until the sink says stop. An object that is no end of this association has none.
  virtual void All(const ViewReadPoint& read_point, broker::InstanceSink sink) const = 0;
  virtual void FromFirst(const ViewReadPoint& read_point, const cim::ObjectPath& object,
                         broker::InstanceSink sink) const = 0;
  virtual void FromSecond(const ViewReadPoint& read_point, const cim::ObjectPath& object,
                          broker::InstanceSink sink) const = 0;

 private:
  void From(const ViewReadPoint& read_point, int slot, const cim::ObjectPath& object, broker::InstanceSink sink) const;

  const int first_slot_;
  const int second_slot_;
};

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_ASSOCIATION_PROVIDER_H_
