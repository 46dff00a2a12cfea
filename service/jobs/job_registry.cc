#include "service/jobs/job_registry.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/jobs/live_job.h"

namespace cimvisor::jobs {

absl::Status JobRegistry::Reserve() {
  const absl::MutexLock lock(&mutex_);
  if (closed_) return absl::UnavailableError("the service is shutting down and starts no more jobs");
  if (used_ >= limit_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("there are ", limit_, " unfinished jobs already: wait for one to end, then try again"));
  }
  ++used_;
  return absl::OkStatus();
}

void JobRegistry::Release() {
  const absl::MutexLock lock(&mutex_);
  --used_;
}

void JobRegistry::Close() {
  const absl::MutexLock lock(&mutex_);
  closed_ = true;
}

void JobRegistry::AddLive(std::shared_ptr<LiveJob> job) {
  const absl::MutexLock lock(&mutex_);
  live_[job->id()] = std::move(job);
}

void JobRegistry::RemoveLive(const std::string& id) {
  std::shared_ptr<LiveJob> last;  // dropped after the lock
  const absl::MutexLock lock(&mutex_);
  const auto found = live_.find(id);
  if (found == live_.end()) return;
  last = std::move(found->second);
  live_.erase(found);
}

std::shared_ptr<LiveJob> JobRegistry::FindLive(const std::string& id) const {
  const absl::MutexLock lock(&mutex_);
  const auto found = live_.find(id);
  return found == live_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<LiveJob>> JobRegistry::Live() const {
  const absl::MutexLock lock(&mutex_);
  std::vector<std::shared_ptr<LiveJob>> jobs;
  jobs.reserve(live_.size());
  for (const auto& [id, job] : live_) jobs.push_back(job);
  return jobs;
}

void JobRegistry::ForgetLive() {
  absl::flat_hash_map<std::string, std::shared_ptr<LiveJob>> last;
  const absl::MutexLock lock(&mutex_);
  last.swap(live_);
}

void JobRegistry::ScheduleRemoval(const Job& ended) {
  if (ended.delete_on_completion) {
    ScheduleRemoval(ended.id, ended.ended + ended.time_before_removal);
  } else {
    CancelRemoval(ended.id);
  }
}

void JobRegistry::ScheduleRemoval(const std::string& id, absl::Time when) {
  const absl::MutexLock lock(&mutex_);
  CancelRemovalLocked(id);
  removals_.emplace(when, id);
  removal_of_[id] = when;
}

void JobRegistry::CancelRemoval(const std::string& id) {
  const absl::MutexLock lock(&mutex_);
  CancelRemovalLocked(id);
}

void JobRegistry::CancelRemovalLocked(const std::string& id) {
  const auto found = removal_of_.find(id);
  if (found == removal_of_.end()) return;
  removals_.erase({found->second, id});
  removal_of_.erase(found);
}

std::vector<std::string> JobRegistry::TakeDue(absl::Time now, size_t most) {
  const absl::MutexLock lock(&mutex_);
  std::vector<std::string> due;
  while (!removals_.empty() && removals_.begin()->first <= now && due.size() < most) {
    due.push_back(removals_.begin()->second);
    removal_of_.erase(due.back());
    removals_.erase(removals_.begin());
  }
  return due;
}

}  // namespace cimvisor::jobs
