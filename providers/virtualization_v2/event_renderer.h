// Journal entries as events of root/virtualization/v2.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_EVENT_RENDERER_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_EVENT_RENDERER_H_

#include <vector>

#include "providers/inventory/records.pb.h"
#include "providers/virtualization_v2/view_context.h"
#include "service/broker/provider.h"
#include "service/jobs/job.h"

namespace cimvisor::views {

// A change of a machine is an event for each of its instances that it changes: Msvm_ComputerSystem, its settings, its
// associations. A change of a job is one of its Msvm_ConcreteJob and Msvm_AffectedJobElement. Its uptime
// (volatile) is null in events. Msvm_SummaryInformation, which repeats them, makes none. Thread-safe.
class ViewEventRenderer : public broker::EventRenderer {
 public:
  explicit ViewEventRenderer(const ViewContext& context) : context_(context) {}

  // Nothing for entries of other rooms, and for a payload that cannot be read.
  std::vector<broker::RenderedEvent> Render(const store::JournalEntry& entry) const override;

 private:
  std::vector<broker::RenderedEvent> RenderMachineChange(const inventory::MachineChange& change) const;
  std::vector<broker::RenderedEvent> RenderJobChange(const jobs::JobChange& change, absl::Time time) const;

  const ViewContext& context_;
};

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_EVENT_RENDERER_H_
