#include "service/security/request_log.h"

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"

namespace cimvisor::security {
namespace {

using Key = std::pair<std::string, std::string>;  // caller, request id

absl::Status OtherParameters(const std::string& id) {
  return cim::CimError(cim::CimStatus::kInvalidParameter,
                       absl::StrCat("the request id \"", id,
                                    "\" was used before with other parameters: use a fresh id for each new request"));
}

struct Earlier {
  std::string hash;
  std::string outcome;
};

absl::StatusOr<std::optional<Earlier>> FindRow(store::Store& store, const Key& key) {
  ASSIGN_OR_RETURN(
      const std::vector<store::SqlRow> rows,
      store.Read("SELECT hash, outcome FROM requests WHERE caller = ? AND id = ?", {key.first, key.second}));
  if (rows.empty()) return std::optional<Earlier>();
  const auto* hash = std::get_if<store::Blob>(&rows[0][0]);
  const auto* outcome = std::get_if<store::Blob>(&rows[0][1]);
  if (hash == nullptr || outcome == nullptr) return absl::DataLossError("a bad row in the table requests");
  return std::optional<Earlier>(Earlier{hash->bytes, outcome->bytes});
}

}  // namespace

struct RequestLog::State {
  absl::Mutex mutex;
  absl::flat_hash_map<Key, std::string> in_flight ABSL_GUARDED_BY(mutex);  // hashes
};

class RequestLog::Ticket {
 public:
  Ticket(std::shared_ptr<State> state, Key key) : state_(std::move(state)), key_(std::move(key)) {}
  ~Ticket() {
    const absl::MutexLock lock(&state_->mutex);
    state_->in_flight.erase(key_);
  }
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  // Waits for its turn. Null state of `ticket` on failure.
  static absl::StatusOr<std::shared_ptr<Ticket>> Take(const std::shared_ptr<State>& state, const Key& key,
                                                      const std::string& hash, absl::Time deadline) {
    const absl::MutexLock lock(&state->mutex);
    const auto found = state->in_flight.find(key);
    if (found != state->in_flight.end() && found->second != hash) return OtherParameters(key.second);
    const auto is_free = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return !state->in_flight.contains(key); };
    if (!state->mutex.AwaitWithDeadline(absl::Condition(&is_free), deadline)) {
      return absl::DeadlineExceededError(
          absl::StrCat("the first call with the request id \"", key.second, "\" is still running: repeat it later"));
    }
    state->in_flight[key] = hash;
    return std::make_shared<Ticket>(state, key);
  }

 private:
  const std::shared_ptr<State> state_;
  const Key key_;
};

RequestLog::RequestLog(store::Store& store) : store_(store), state_(std::make_shared<State>()) {}
RequestLog::~RequestLog() = default;

absl::StatusOr<RequestLog::Admission> RequestLog::Admit(const Operation& operation) {
  Admission admission;
  if (operation.request_id.empty()) return admission;
  if (operation.request_id.size() > kMaximumRequestIdBytes) {
    return cim::CimError(cim::CimStatus::kInvalidParameter,
                         absl::StrCat("the request id has ", operation.request_id.size(), " bytes; at most ",
                                      kMaximumRequestIdBytes, " are allowed: use a GUID"));
  }
  const Key key(CallerText(operation.caller), operation.request_id);
  ASSIGN_OR_RETURN(admission.ticket, Ticket::Take(state_, key, operation.parameters_hash, operation.deadline));
  ASSIGN_OR_RETURN(std::optional<Earlier> earlier, FindRow(store_, key));
  if (!earlier) return admission;
  if (earlier->hash != operation.parameters_hash) return OtherParameters(operation.request_id);
  admission.earlier_outcome = std::move(earlier->outcome);
  admission.ticket.reset();
  return admission;
}

}  // namespace cimvisor::security
