#include "service/broker/changing_call.h"

#include <openssl/sha.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "service/broker/outcome.h"
#include "service/cim/errors.h"

namespace cimvisor::broker {

security::Operation MakeOperation(const CallContext& call, absl::string_view name, const cim::ObjectPath& object,
                                  absl::string_view parameters) {
  security::Operation operation;
  operation.caller = call.caller;
  operation.name = std::string(name);
  operation.object = object.FullText("");
  operation.request_id = call.request_id;
  operation.expected_revision = call.expected_revision;
  operation.deadline = call.deadline;
  if (call.request_id.empty()) return operation;

  std::string bytes;
  AppendText(operation.name, &bytes);
  AppendText(operation.object, &bytes);
  AppendText(parameters, &bytes);
  AppendText(absl::StrCat(operation.expected_revision), &bytes);
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  operation.parameters_hash =
      absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), sizeof(digest)));
  return operation;
}

absl::Status CheckPlanned(const security::ChangePlan& plan, absl::string_view name) {
  if (!plan.steps.empty()) return absl::OkStatus();
  return cim::CimError(cim::CimStatus::kNotSupported, absl::StrCat("MODE_PLAN is not supported for ", name));
}

}  // namespace cimvisor::broker
