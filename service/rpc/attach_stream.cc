#include "service/rpc/attach_stream.h"

#include <grpcpp/alarm.h>

#include <chrono>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "service/cim/object_path.h"
#include "service/cim/status_macros.h"
#include "service/rpc/status_conversion.h"

namespace cimvisor::rpc {
namespace {

constexpr size_t kChunkBytes = 32 * 1024;
constexpr auto kInputRetry = std::chrono::milliseconds(20);  // while the guest takes no input

// What is under way is counted: the opening, the handling of a message that was read, the pump of the output, a retry
// of input. End() notes the status; whoever brings the count to zero then finishes, once. A read that merely waits for
// the client is not counted: gRPC ends it.
class AttachStream : public grpc::ServerBidiReactor<v1::ConsoleRequest, v1::ConsoleResponse> {
 public:
  AttachStream(const Environment& environment, const CallerSource& callers, const grpc::CallbackServerContext& context)
      : environment_(environment), callers_(callers), context_(context) {}

  void Start() { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    if (!Enter()) return;
    if (!opened_) {
      opened_ = true;
      if (!ok || request_.kind_case() != v1::ConsoleRequest::kOpen) {
        Leave(absl::InvalidArgumentError("the first message of Attach must be `open`, with the path of the object"));
      } else if (!environment_.calls->Post([this] { Open(); })) {
        Leave(TooManyCalls());
      }
      return;
    }
    if (!ok) {  // no more input; output goes on
      Leave();
    } else if (request_.kind_case() != v1::ConsoleRequest::kData) {
      Leave(absl::InvalidArgumentError("Attach takes `open` once, and then `data` only"));
    } else {
      input_ = std::move(*request_.mutable_data());
      GiveInput();
    }
  }

  void OnWriteDone(bool ok) override {  // the pump goes on
    if (!ok) {
      Leave(absl::CancelledError("the client is gone"));
    } else if (last_message_sent_) {
      Leave(EndOfStream{});
    } else {
      Pump();
    }
  }

  void OnCancel() override {
    if (Enter()) Leave(absl::CancelledError("the client is gone"));
  }

  void OnDone() override { delete this; }

 private:
  struct EndOfStream {};

  // False: the stream has been finished, or is about to be.
  bool Enter() {
    absl::MutexLock lock(&mutex_);
    if (ending_) return false;
    ++under_way_;
    return true;
  }

  void Leave() { LeaveAnd(false, grpc::Status::OK); }
  void Leave(EndOfStream) { LeaveAnd(true, grpc::Status::OK); }
  void Leave(const absl::Status& failure) { LeaveAnd(true, ToGrpcStatus(failure)); }
  // The last use of the object by an activity.
  void LeaveAnd(bool end, grpc::Status status) {
    {
      absl::MutexLock lock(&mutex_);
      if (end && !ending_) {
        ending_ = true;
        status_ = std::move(status);
      }
      if (--under_way_ > 0 || !ending_) return;
      status = status_;
    }
    Finish(std::move(status));
  }

  // On a thread of environment.calls, for the audit may wait for a commit.
  void Open() {
    const absl::Status opened = OpenStream();
    if (!opened.ok()) {
      Leave(opened);
      return;
    }
    response_.Clear();
    v1::ConsoleOpened& answer = *response_.mutable_opened();
    answer.set_path(request_.open().path());
    answer.set_writable(stream_->writable());
    answer.set_history_bytes(stream_->history_bytes());
    answer.set_history_truncated(stream_->history_truncated());
    // From here the reading of input and the pump, which this activity becomes, go side by side.
    StartRead(&request_);
    StartWrite(&response_);
  }

  absl::Status OpenStream() {
    const v1::ConsoleOpen& open = request_.open();
    ASSIGN_OR_RETURN(cim::ObjectPath path, cim::ObjectPath::Parse(open.path()));
    if (path.name_space().empty()) {
      path = path.WithNamespace(open.name_space().empty() ? broker::kDefaultNamespace : open.name_space());
    }
    console::OpenRequest request;
    request.caller = callers_.CallerOf(context_);
    request.path = std::move(path);
    request.write = open.write();
    request.history = !open.no_history();
    request.on_readable = [this] { OnReadable(); };
    ASSIGN_OR_RETURN(stream_, environment_.consoles->Open(std::move(request)));
    return absl::OkStatus();
  }

  void OnReadable() {
    {
      absl::MutexLock lock(&mutex_);
      roused_ = true;
      if (ending_ || pumping_) return;
      pumping_ = true;
      ++under_way_;
    }
    // The source calls this under its lock and forbids a call back: the pump runs on a thread of gRPC.
    rouse_.Set(std::chrono::system_clock::now(), [this](bool) { Pump(); });
  }

  // Sends what there is, or leaves until OnReadable. Of whoever set pumping_.
  void Pump() {
    while (true) {
      {
        absl::MutexLock lock(&mutex_);
        roused_ = false;
        if (ending_) break;
      }
      if (close_pending_) {
        SendClosed();
        return;
      }
      console::Chunk chunk = stream_->Read(kChunkBytes);
      if (chunk.closed) {
        close_pending_ = true;
        closed_reason_ = std::move(chunk.closed_reason);
      }
      if (!chunk.data.empty()) {
        response_.Clear();
        response_.set_data(std::move(chunk.data));
        response_.set_skipped_bytes(chunk.skipped_bytes);
        StartWrite(&response_);
        return;
      }
      if (close_pending_) continue;
      absl::MutexLock lock(&mutex_);
      if (roused_) continue;
      pumping_ = false;
      break;
    }
    Leave();
  }

  void SendClosed() {
    response_.Clear();
    response_.mutable_closed()->set_reason(closed_reason_);
    last_message_sent_ = true;
    StartWrite(&response_);
  }

  // Gives input_ to the object; what it has no room for is tried again soon. One activity.
  void GiveInput() {
    absl::StatusOr<size_t> taken = stream_->Write(input_);
    if (!taken.ok()) {
      Leave(taken.status());
      return;
    }
    input_.erase(0, *taken);
    if (!input_.empty()) {
      retry_.Set(std::chrono::system_clock::now() + kInputRetry, [this](bool) { RetryInput(); });
      return;
    }
    StartRead(&request_);
    Leave();
  }

  void RetryInput() {
    bool ending = false;
    {
      absl::MutexLock lock(&mutex_);
      ending = ending_;
    }
    if (ending) {
      Leave();
    } else {
      GiveInput();
    }
  }

  const Environment& environment_;
  const CallerSource& callers_;
  const grpc::CallbackServerContext& context_;

  // The input's side.
  v1::ConsoleRequest request_;
  bool opened_ = false;
  std::string input_;
  grpc::Alarm retry_;
  grpc::Alarm rouse_;

  // The pump's side.
  v1::ConsoleResponse response_;
  bool close_pending_ = false;
  std::string closed_reason_;
  bool last_message_sent_ = false;

  absl::Mutex mutex_;
  int under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  bool pumping_ ABSL_GUARDED_BY(mutex_) = true;  // Open becomes the pump
  bool roused_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::Status status_ ABSL_GUARDED_BY(mutex_);

  // The last member: its destructor waits for an OnReadable that is running.
  std::unique_ptr<console::ByteStream> stream_;
};

}  // namespace

grpc::ServerBidiReactor<v1::ConsoleRequest, v1::ConsoleResponse>* StartAttachment(
    const Environment& environment, const CallerSource& callers, const grpc::CallbackServerContext& context) {
  auto* stream = new AttachStream(environment, callers, context);
  stream->Start();
  return stream;
}

}  // namespace cimvisor::rpc
