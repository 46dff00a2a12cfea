#include "clients/cpp/testing/fake_service.h"

#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "clients/cpp/values.h"

namespace cimvisor::client::testing {
namespace {

grpc::Status Missing(const char* call) { return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, call); }

}  // namespace

FakeService::FakeService() {
  const char* base = getenv("TMPDIR");
  std::string name = absl::StrCat(base == nullptr ? "/tmp" : base, "/cimvisor-fake-XXXXXX");
  if (mkdtemp(name.data()) != nullptr) folder_ = name;
}

FakeService::~FakeService() {
  Stop();
  unlink((folder_ + "/socket").c_str());
  rmdir(folder_.c_str());
}

void FakeService::Start() {
  {
    const absl::MutexLock lock(&mutex_);
    stopping_ = false;
  }
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address(), grpc::InsecureServerCredentials());
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
}

void FakeService::Stop() {
  if (server_ == nullptr) return;
  {
    const absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  server_->Shutdown(std::chrono::system_clock::now());
  server_.reset();
}

void FakeService::AddEvent(int64_t revision, const std::string& class_name, const cimvisor::v1::Instance& target) {
  cimvisor::v1::Event event;
  event.set_revision(revision);
  event.mutable_event()->set_class_name(class_name);
  Set(*event.mutable_event(), "TargetInstance", ObjectValue(target));
  const absl::MutexLock lock(&mutex_);
  journal_.push_back(std::move(event));
}

void FakeService::BreakAfter(int events, grpc::Status status) {
  const absl::MutexLock lock(&mutex_);
  until_break_ = events;
  break_status_ = std::move(status);
}

void FakeService::set_database(const std::string& instance_id) {
  const absl::MutexLock lock(&mutex_);
  database_ = instance_id;
}

void FakeService::set_oldest_revision(int64_t revision) {
  const absl::MutexLock lock(&mutex_);
  oldest_ = revision;
}

int FakeService::subscriptions() const {
  const absl::MutexLock lock(&mutex_);
  return static_cast<int>(starts_.size());
}

std::vector<int64_t> FakeService::starts() const {
  const absl::MutexLock lock(&mutex_);
  return starts_;
}

grpc::Status FakeService::GetInstance(grpc::ServerContext* context, const cimvisor::v1::GetInstanceRequest* request,
                                      cimvisor::v1::GetInstanceResponse* response) {
  return on_get_instance ? on_get_instance(*context, *request, *response) : Missing("GetInstance");
}

grpc::Status FakeService::Query(grpc::ServerContext*, const cimvisor::v1::QueryRequest* request,
                                grpc::ServerWriter<cimvisor::v1::QueryResponse>* writer) {
  return on_query ? on_query(*request, *writer) : Missing("Query");
}

grpc::Status FakeService::InvokeMethod(grpc::ServerContext*, const cimvisor::v1::InvokeMethodRequest* request,
                                       cimvisor::v1::InvokeMethodResponse* response) {
  return on_invoke ? on_invoke(*request, *response) : Missing("InvokeMethod");
}

bool FakeService::Stream::HasSomething() const {
  return service.stopping_ || service.until_break_ == 0 || place < service.journal_.size() || context.IsCancelled();
}

grpc::Status FakeService::Open(const cimvisor::v1::SubscribeRequest& request, Stream& stream,
                               cimvisor::v1::SubscribeResponse& response) {
  const absl::MutexLock lock(&mutex_);
  const int64_t last = journal_.empty() ? 1 : journal_.back().revision();
  const bool resumes = request.start_case() == cimvisor::v1::SubscribeRequest::kAfterRevision;
  stream.after = resumes ? request.after_revision() : last;
  starts_.push_back(resumes ? request.after_revision() : -1);
  if (stream.after + 1 < oldest_) {
    cimvisor::v1::ErrorDetail detail;
    detail.set_cim_status(1);
    detail.set_oldest_revision(oldest_);
    return grpc::Status(grpc::StatusCode::OUT_OF_RANGE, "the journal was trimmed", detail.SerializeAsString());
  }
  response.mutable_header()->set_revision(stream.after);
  response.mutable_header()->set_server_instance_id(database_);
  return grpc::Status::OK;
}

grpc::Status FakeService::Subscribe(grpc::ServerContext* context, const cimvisor::v1::SubscribeRequest* request,
                                    grpc::ServerWriter<cimvisor::v1::SubscribeResponse>* writer) {
  Stream stream{*this, *context, 0, 0};
  cimvisor::v1::SubscribeResponse response;
  const grpc::Status opened = Open(*request, stream, response);
  if (!opened.ok()) return opened;
  while (writer->Write(response)) {
    response.Clear();
    const absl::MutexLock lock(&mutex_);
    // A cancelled call rouses nobody here: it is looked for now and then.
    while (!mutex_.AwaitWithTimeout(absl::Condition(&stream, &Stream::HasSomething), absl::Milliseconds(20))) {
    }
    if (context->IsCancelled()) return grpc::Status::CANCELLED;
    if (stopping_) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "Socket closed");
    if (until_break_ == 0) {
      until_break_ = -1;
      return break_status_;
    }
    const cimvisor::v1::Event& event = journal_[stream.place++];
    if (event.revision() != 0 && event.revision() <= stream.after) {
      continue;
    }
    if (until_break_ > 0) --until_break_;
    *response.add_events() = event;
  }
  return grpc::Status::CANCELLED;
}

}  // namespace cimvisor::client::testing
