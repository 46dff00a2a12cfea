// Request ids: the same id from the same caller again returns the first outcome, or waits for it.
//
//   ASSIGN_OR_RETURN(RequestLog::Admission admission, requests.Admit(operation));
//   if (admission.earlier_outcome) return Parse(*admission.earlier_outcome);
//   … carry out; Operation::Record writes the row in the transaction; keep `admission` until it committed …
#ifndef CIMVISOR_SERVICE_SECURITY_REQUEST_LOG_H_
#define CIMVISOR_SERVICE_SECURITY_REQUEST_LOG_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/security/operation.h"
#include "service/store/store.h"

namespace cimvisor::security {

inline constexpr size_t kMaximumRequestIdBytes = 128;

// Thread-safe. Rows are kept for StoreOptions::request_age (24 hours) and trimmed by the store.
class RequestLog {
 public:
  class Ticket;  // the call in flight; its end lets waiting repeats go on
  struct Admission {
    std::optional<std::string> earlier_outcome;  // Operation::outcome of the first call
    std::shared_ptr<Ticket> ticket;              // hold it until the change committed or failed; null without an id
  };

  // `store` must outlive it.
  explicit RequestLog(store::Store& store);
  ~RequestLog();

  // Waits while a call with the same id is in flight, until operation.deadline (kDeadlineExceeded). Without a request
  // id it admits at once. CIM_ERR_INVALID_PARAMETER for an id longer than kMaximumRequestIdBytes, or one that was used
  // with other parameters, in flight or done. A call that failed leaves no row: its repeat is carried out.
  absl::StatusOr<Admission> Admit(const Operation& operation);

 private:
  struct State;
  store::Store& store_;
  std::shared_ptr<State> state_;
};

}  // namespace cimvisor::security

#endif  // CIMVISOR_SERVICE_SECURITY_REQUEST_LOG_H_
