#include "service/rpc/upload_stream.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"
#include "service/rpc/file_receiver.h"
#include "service/rpc/own_operation.h"
#include "service/rpc/status_conversion.h"

namespace cimvisor::rpc {
namespace {

// One step at a time: a read waits for the client, or a step runs on the pool.
class UploadStream : public grpc::ServerReadReactor<v1::UploadRequest> {
 public:
  UploadStream(const Environment& environment, const CallerSource& callers, const grpc::CallbackServerContext& context,
               v1::UploadResponse& response)
      : environment_(environment), callers_(callers), context_(context), response_(response) {}

  void Start() { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    const bool posted = environment_.streams->Post([this, ok] {
      if (ok) {
        Take();
      } else {
        End(Complete());
      }
    });
    if (!posted) Finish(ToGrpcStatus(TooManyCalls()));
  }

  void OnDone() override { delete this; }

 private:
  void Take() {
    absl::Status status = receiver_ == nullptr ? Begin() : CheckFollowing();
    if (status.ok()) status = receiver_->Append(request_.data());
    if (!status.ok()) {
      End(status);
      return;
    }
    StartRead(&request_);
  }

  // When the client hears of a failure, nothing of the file is left.
  void End(const absl::Status& status) {
    receiver_.reset();
    Finish(ToGrpcStatus(status));
  }

  absl::Status Begin() {
    ASSIGN_OR_RETURN(const broker::CallContext call,
                     MakeCallContext(environment_, callers_, context_, request_.header(), {.call = "Upload"}));
    operation_ = OwnOperation(call.caller, "Upload", absl::StrCat(request_.root(), ":", request_.name()));
    RETURN_IF_ERROR(AuthorizeOwn(environment_, operation_, security::Right::kAdminister));
    ASSIGN_OR_RETURN(const std::string folder, FindFolder(request_.root()));
    expected_size_ = request_.size();
    ASSIGN_OR_RETURN(
        receiver_, FileReceiver::Create(folder, request_.name(), request_.replace(), environment_.limits.upload_bytes));
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> FindFolder(const std::string& name) const {
    if (name == "boot" || name == "images") {
      for (const NamedRoot& root : environment_.host->Roots()) {
        if (root.name == name) return root.path;
      }
    }
    return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" is no root for uploads; upload to boot or images"));
  }

  absl::Status CheckFollowing() const {
    if (request_.root().empty() && request_.name().empty()) return absl::OkStatus();
    return absl::InvalidArgumentError("only the first message of an upload names the file; the others carry data");
  }

  absl::Status Complete() {
    if (receiver_ == nullptr) return absl::InvalidArgumentError("the upload has no message that names a file");
    if (context_.IsCancelled()) return absl::CancelledError("the client ended the upload");
    if (expected_size_ != 0 && receiver_->size() != expected_size_) {
      return absl::InvalidArgumentError(absl::StrCat("the upload brought ", receiver_->size(), " bytes and not the ",
                                                     expected_size_, " that its first message promised"));
    }
    ASSIGN_OR_RETURN(const StoredFile stored, receiver_->Finish());
    operation_.object = stored.path;
    operation_.detail = absl::StrCat(stored.size, " bytes, SHA-256 ", stored.sha256);
    RETURN_IF_ERROR(environment_.host->RecordDone(operation_));
    WriteHeader(environment_.identity, environment_.broker->revision(), *response_.mutable_header());
    response_.set_path(stored.path);
    response_.set_size(stored.size);
    response_.set_sha256(stored.sha256);
    return absl::OkStatus();
  }

  const Environment& environment_;
  const CallerSource& callers_;
  const grpc::CallbackServerContext& context_;
  v1::UploadResponse& response_;
  v1::UploadRequest request_;
  security::Operation operation_;
  uint64_t expected_size_ = 0;
  std::unique_ptr<FileReceiver> receiver_;
};

}  // namespace

grpc::ServerReadReactor<v1::UploadRequest>* StartUpload(const Environment& environment, const CallerSource& callers,
                                                        const grpc::CallbackServerContext& context,
                                                        v1::UploadResponse& response) {
  auto* stream = new UploadStream(environment, callers, context, response);
  stream->Start();
  return stream;
}

}  // namespace cimvisor::rpc
