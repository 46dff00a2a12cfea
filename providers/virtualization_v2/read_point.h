// The read point of this namespace: one snapshot of the jobs and one of the machines.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_READ_POINT_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_READ_POINT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/call_once.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "providers/inventory/snapshot.h"
#include "providers/virtualization_v2/view_context.h"
#include "service/broker/provider.h"
#include "service/jobs/job_manager.h"

namespace cimvisor::views {

using JobPointer = std::shared_ptr<const jobs::Job>;

// Immutable, thread-safe.
class ViewReadPoint : public broker::ReadPoint {
 public:
  ViewReadPoint(int64_t revision, std::shared_ptr<const jobs::JobSnapshot> job_snapshot,
                std::shared_ptr<const inventory::Snapshot> machine_snapshot);

  int64_t revision() const override { return revision_; }
  const jobs::JobSnapshot& jobs() const { return *jobs_; }
  const inventory::Snapshot& machines() const { return *machines_; }

  // The jobs that act on this machine, by id. The first call at a read point indexes the jobs (those of the last
  // minutes: they are removed soon after their end).
  const std::vector<JobPointer>& JobsOfMachine(absl::string_view machine_id) const;

 private:
  const int64_t revision_;
  const std::shared_ptr<const jobs::JobSnapshot> jobs_;
  const std::shared_ptr<const inventory::Snapshot> machines_;
  const std::vector<JobPointer> no_jobs_;
  mutable absl::once_flag jobs_indexed_;
  mutable absl::flat_hash_map<std::string, std::vector<JobPointer>> jobs_of_machine_;  // written once, then read
};

class ViewReadPoints : public broker::ReadPointSource {
 public:
  explicit ViewReadPoints(const Dependencies& dependencies) : dependencies_(dependencies) {}
  // Everything up to the revision that it bears is in it; a change that commits meanwhile may be, too.
  std::shared_ptr<const broker::ReadPoint> Current() const override;

 private:
  const Dependencies& dependencies_;
};

// The read point of an operation. The broker was given ViewReadPoints, so it is one of them.
const ViewReadPoint& ReadPointOf(const broker::ReadContext& context);

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_READ_POINT_H_
