#include "service/jobs/job_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/ascii.h"

namespace cimvisor::jobs {
namespace {

constexpr size_t kBuckets = 64;
using Bucket = absl::flat_hash_map<std::string, std::shared_ptr<const Job>>;

size_t PlaceOf(const std::string& id) { return absl::HashOf(id) % kBuckets; }

}  // namespace

class JobTable::Buckets : public JobSnapshot {
 public:
  Buckets() { buckets_.fill(std::make_shared<const Bucket>()); }

  std::shared_ptr<const Job> Find(absl::string_view id) const override {
    const std::string key = absl::AsciiStrToUpper(id);
    const Bucket& bucket = *buckets_[PlaceOf(key)];
    const auto found = bucket.find(key);
    return found == bucket.end() ? nullptr : found->second;
  }

  std::vector<std::shared_ptr<const Job>> All() const override {
    std::vector<std::shared_ptr<const Job>> jobs;
    jobs.reserve(size_);
    for (const auto& bucket : buckets_) {
      for (const auto& [id, job] : *bucket) jobs.push_back(job);
    }
    std::sort(jobs.begin(), jobs.end(), [](const auto& a, const auto& b) { return a->id < b->id; });
    return jobs;
  }

  size_t size() const override { return size_; }

  // The same with `job` under `id`, or without it when `job` is null.
  std::shared_ptr<const Buckets> With(const std::string& id, std::shared_ptr<const Job> job) const {
    auto next = std::make_shared<Buckets>(*this);
    auto& place = next->buckets_[PlaceOf(id)];
    Bucket bucket = *place;
    if (job != nullptr) {
      bucket[id] = std::move(job);
    } else {
      bucket.erase(id);
    }
    next->size_ = size_ - place->size() + bucket.size();
    place = std::make_shared<const Bucket>(std::move(bucket));
    return next;
  }

 private:
  std::array<std::shared_ptr<const Bucket>, kBuckets> buckets_;
  size_t size_ = 0;
};

JobTable::JobTable() : current_(std::make_shared<const Buckets>()) {}

std::shared_ptr<const JobSnapshot> JobTable::Snapshot() const {
  const absl::MutexLock lock(&mutex_);
  return current_;
}

void JobTable::Put(std::shared_ptr<const Job> job) {
  const std::string id = job->id;
  const absl::MutexLock lock(&mutex_);
  current_ = current_->With(id, std::move(job));
}

void JobTable::Remove(const std::string& id) {
  const absl::MutexLock lock(&mutex_);
  current_ = current_->With(id, nullptr);
}

}  // namespace cimvisor::jobs
