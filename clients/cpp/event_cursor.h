// Where a watch stands in the sequence of events, so that it goes on behind a broken connection without gap or repeat.
#ifndef CIMVISOR_CLIENTS_CPP_EVENT_CURSOR_H_
#define CIMVISOR_CLIENTS_CPP_EVENT_CURSOR_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "cimvisor/v1/object_manager.pb.h"

namespace cimvisor::client {

// One change (a revision) may have several events, and a connection may break between them. So a watch resumes before
// the last revision that it has seen and leaves out as many of its events as it had: the service renders the events of
// a revision from its journal, in the same order each time. Not thread-safe.
class EventCursor {
 public:
  // Events after this revision; negative: from now.
  explicit EventCursor(int64_t after_revision) : complete_(after_revision) {}

  // The start of the next subscription.
  void FillStart(cimvisor::v1::SubscribeRequest& request);
  // Takes the header of a response. kFailedPrecondition when the service has another database than at first: revisions
  // of one mean nothing in another.
  absl::Status TakeHeader(const cimvisor::v1::ResponseHeader& header);
  // False: an event that was there before the connection broke.
  bool IsNew(const cimvisor::v1::Event& event);

  bool started() const { return started_; }
  // False when an event without a revision came (a volatile property, sampled): what follows it cannot be asked for.
  bool can_resume() const { return !sampled_; }
  // For a later watch that may repeat but misses nothing; negative before the watch has started.
  int64_t resume_revision() const { return partial_ > 0 ? partial_ - 1 : complete_; }

 private:
  int64_t complete_;     // every event up to this revision was taken; negative: not known yet
  int64_t partial_ = 0;  // the revision of the last event; 0: none since `complete_`
  int64_t taken_ = 0;    // how many events of it were taken
  int64_t to_leave_out_ = 0;
  bool started_ = false;
  bool sampled_ = false;
  std::string server_instance_id_;
};

}  // namespace cimvisor::client

#endif  // CIMVISOR_CLIENTS_CPP_EVENT_CURSOR_H_
