#include "service/rpc/class_stream.h"

#include <memory>
#include <utility>
#include <vector>

#include "service/cim/class.h"
#include "service/cim/status_macros.h"
#include "service/rpc/class_conversion.h"
#include "service/rpc/status_conversion.h"
#include "service/rpc/value_conversion.h"

namespace cimvisor::rpc {
namespace {

constexpr size_t kPageBytes = 256 * 1024;

class ClassStream : public grpc::ServerWriteReactor<v1::EnumerateClassesResponse> {
 public:
  ClassStream(const Environment& environment, const v1::EnumerateClassesRequest& request)
      : environment_(environment),
        with_mof_(request.header().representation() == v1::REPRESENTATION_MOF),
        writer_(environment.identity.server_name) {}

  void Start(absl::StatusOr<std::vector<std::shared_ptr<const cim::Class>>> classes) {
    if (!classes.ok()) {
      Finish(ToGrpcStatus(classes.status()));
      return;
    }
    classes_ = *std::move(classes);
    WriteHeader(environment_.identity, environment_.broker->revision(), *page_.mutable_header());
    SendPage();
  }

  void OnWriteDone(bool ok) override {
    if (!ok || next_ == classes_.size()) {
      Finish(grpc::Status::OK);
      return;
    }
    page_.Clear();
    SendPage();
  }

  void OnDone() override { delete this; }

 private:
  void SendPage() {
    size_t bytes = 0;
    while (next_ < classes_.size() && bytes < kPageBytes) {
      v1::ClassDeclaration& written = *page_.add_classes();
      const cim::Class& cls = *classes_[next_++];
      WriteClass(writer_, cls, written);
      if (with_mof_) written.set_mof(environment_.renderers.class_mof(cls));
      bytes += written.ByteSizeLong();
    }
    StartWrite(&page_);
  }

  const Environment& environment_;
  const bool with_mof_;
  const ProtoWriter writer_;
  std::vector<std::shared_ptr<const cim::Class>> classes_;
  size_t next_ = 0;
  v1::EnumerateClassesResponse page_;
};

absl::StatusOr<std::vector<std::shared_ptr<const cim::Class>>> FindClasses(const Environment& environment,
                                                                           const CallerSource& callers,
                                                                           const grpc::CallbackServerContext& context,
                                                                           const v1::EnumerateClassesRequest& request) {
  ASSIGN_OR_RETURN(const broker::CallContext call,
                   MakeCallContext(environment, callers, context, request.header(),
                                   {.call = "EnumerateClasses", .renders_classes = true}));
  return environment.broker->EnumerateClasses(call, request.superclass(), request.direct_only());
}

}  // namespace

grpc::ServerWriteReactor<v1::EnumerateClassesResponse>* StartClassEnumeration(
    const Environment& environment, const CallerSource& callers, const grpc::CallbackServerContext& context,
    const v1::EnumerateClassesRequest& request) {
  auto* stream = new ClassStream(environment, request);
  stream->Start(FindClasses(environment, callers, context, request));
  return stream;
}

}  // namespace cimvisor::rpc
