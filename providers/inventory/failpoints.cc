#include "providers/inventory/failpoints.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace cimvisor::inventory {
namespace {

constexpr std::array<Failpoint, 7> kAll = {
    Failpoint::kIntentCommitted, Failpoint::kWorkerSpawned, Failpoint::kDescriptorsSent, Failpoint::kRunningCommitted,
    Failpoint::kPublished,       Failpoint::kAcknowledged,  Failpoint::kEffectUndone,
};

class NoFailpoints : public Failpoints {
 public:
  void Hit(Failpoint) override {}
};

class KillingFailpoints : public Failpoints {
 public:
  KillingFailpoints(Failpoint failpoint, uint32_t hits) : failpoint_(failpoint), left_(hits) {}
  void Hit(Failpoint failpoint) override {
    if (failpoint == failpoint_ && left_.fetch_sub(1) == 1) ::kill(::getpid(), SIGKILL);
  }

 private:
  const Failpoint failpoint_;
  std::atomic<uint32_t> left_;
};

}  // namespace

absl::string_view FailpointName(Failpoint failpoint) {
  switch (failpoint) {
    case Failpoint::kIntentCommitted:
      return "intent_committed";
    case Failpoint::kWorkerSpawned:
      return "worker_spawned";
    case Failpoint::kDescriptorsSent:
      return "descriptors_sent";
    case Failpoint::kRunningCommitted:
      return "running_committed";
    case Failpoint::kPublished:
      return "published";
    case Failpoint::kAcknowledged:
      return "acknowledged";
    case Failpoint::kEffectUndone:
      return "effect_undone";
  }
  return "";
}

absl::StatusOr<std::unique_ptr<Failpoints>> MakeFailpoints(absl::string_view text) {
  if (text.empty()) return std::make_unique<NoFailpoints>();
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  uint32_t hits = 0;
  if (parts.size() == 2 && absl::SimpleAtoi(parts[1], &hits) && hits > 0) {
    for (Failpoint failpoint : kAll) {
      if (FailpointName(failpoint) == parts[0]) return std::make_unique<KillingFailpoints>(failpoint, hits);
    }
  }
  std::string names;
  for (Failpoint failpoint : kAll) absl::StrAppend(&names, names.empty() ? "" : ", ", FailpointName(failpoint));
  return absl::InvalidArgumentError(
      absl::StrCat("CIMVISOR_FAILPOINT=\"", text, "\" is not NAME:N with N from 1 and NAME one of ", names));
}

}  // namespace cimvisor::inventory
