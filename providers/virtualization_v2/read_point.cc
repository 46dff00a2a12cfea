#include "providers/virtualization_v2/read_point.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "providers/inventory/inventory.h"

namespace cimvisor::views {

ViewReadPoint::ViewReadPoint(int64_t revision, std::shared_ptr<const jobs::JobSnapshot> job_snapshot,
                             std::shared_ptr<const inventory::Snapshot> machine_snapshot)
    : revision_(revision), jobs_(std::move(job_snapshot)), machines_(std::move(machine_snapshot)) {}

const std::vector<JobPointer>& ViewReadPoint::JobsOfMachine(absl::string_view machine_id) const {
  absl::call_once(jobs_indexed_, [this] {
    for (const JobPointer& job : jobs_->All()) {
      for (const jobs::JobElement& element : job->affected) {
        if (element.entity_kind != inventory::kMachineEntity) continue;
        std::vector<JobPointer>& of_machine = jobs_of_machine_[absl::AsciiStrToUpper(element.entity_id)];
        if (of_machine.empty() || of_machine.back() != job) of_machine.push_back(job);
      }
    }
  });
  const auto found = jobs_of_machine_.find(absl::AsciiStrToUpper(machine_id));
  return found == jobs_of_machine_.end() ? no_jobs_ : found->second;
}

std::shared_ptr<const broker::ReadPoint> ViewReadPoints::Current() const {
  // In this order: a job that is seen as completed has its effect in the machines that are read after it.
  const int64_t revision = dependencies_.published_revision();
  std::shared_ptr<const jobs::JobSnapshot> job_snapshot = dependencies_.jobs->Snapshot();
  return std::make_shared<ViewReadPoint>(revision, std::move(job_snapshot), dependencies_.inventory->snapshot());
}

const ViewReadPoint& ReadPointOf(const broker::ReadContext& context) {
  return static_cast<const ViewReadPoint&>(*context.read_point);
}

}  // namespace cimvisor::views
