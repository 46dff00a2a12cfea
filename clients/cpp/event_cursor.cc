#include "clients/cpp/event_cursor.h"

#include "absl/strings/str_cat.h"

namespace cimvisor::client {

void EventCursor::FillStart(cimvisor::v1::SubscribeRequest& request) {
  to_leave_out_ = partial_ > 0 ? taken_ : 0;
  if (resume_revision() < 0) {
    request.set_from_now(true);
  } else {
    request.set_after_revision(resume_revision());
  }
}

absl::Status EventCursor::TakeHeader(const cimvisor::v1::ResponseHeader& header) {
  if (started_ && header.server_instance_id() != server_instance_id_) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the service came back with another database (", header.server_instance_id(), ", before ", server_instance_id_,
        "): its revisions are not those of this watch. Read the present state and "
        "watch from now"));
  }
  started_ = true;
  server_instance_id_ = header.server_instance_id();
  // Everything up to the header's revision has been delivered, or was before the watch.
  if (header.revision() > complete_) complete_ = header.revision();
  if (partial_ > 0 && partial_ <= complete_) partial_ = 0;
  return absl::OkStatus();
}

bool EventCursor::IsNew(const cimvisor::v1::Event& event) {
  if (event.revision() <= 0) {
    sampled_ = true;
    return true;
  }
  if (event.revision() == partial_) {
    if (to_leave_out_ > 0) {
      --to_leave_out_;
      return false;
    }
    ++taken_;
    return true;
  }
  if (partial_ > 0) complete_ = partial_;
  partial_ = event.revision();
  taken_ = 1;
  to_leave_out_ = 0;
  return true;
}

}  // namespace cimvisor::client
