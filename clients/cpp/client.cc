#include "clients/cpp/client.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/cpp/batch_decoder.h"
#include "clients/cpp/errors.h"
#include "clients/cpp/status_macros.h"

namespace cimvisor::client {
namespace {

constexpr size_t kUploadChunk = 1 << 20;

void SetDeadline(grpc::ClientContext& context, absl::Duration deadline) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + deadline));
}

}  // namespace

void Cancellation::Cancel() {
  // Under the lock, so that the context cannot go away meanwhile; TryCancel does not wait.
  const absl::MutexLock lock(&mutex_);
  cancelled_ = true;
  if (context_ != nullptr) context_->TryCancel();
}

bool Cancellation::cancelled() const {
  const absl::MutexLock lock(&mutex_);
  return cancelled_;
}

bool Cancellation::SetContext(grpc::ClientContext* context) {
  const absl::MutexLock lock(&mutex_);
  context_ = context;
  return !cancelled_;
}

std::string InvokeResult::job_path() const {
  const Value* job = Find(out_parameters, "Job");
  return job == nullptr ? "" : job->reference();
}

absl::Status InvokeResult::ToStatus(absl::string_view method) const {
  if (return_value == 0 || return_value == 4096) return absl::OkStatus();
  std::string message = Text(error, "Message");
  if (message.empty()) message = "the service gave no further explanation";
  return absl::FailedPreconditionError(absl::StrCat(method, " returned ", return_value, ": ", message));
}

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(ClientOptions options) {
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel, OpenChannel(options.connection));
  auto client = std::unique_ptr<Client>(new Client(std::move(options)));
  client->address_ = ServerAddress(client->options_.connection);
  client->objects_ = cimvisor::v1::ObjectManager::NewStub(channel);
  client->console_ = cimvisor::v1::Console::NewStub(channel);
  return client;
}

void Client::FillHeader(cimvisor::v1::RequestHeader* header) const { header->set_name_space(options_.name_space); }

absl::Status Client::Explain(const grpc::Status& status) const {
  absl::Status result = FromGrpcStatus(status);
  if (result.code() != absl::StatusCode::kUnavailable || ErrorDetailOf(result).has_value()) return result;
  if (absl::StrContains(status.error_message(), "Permission denied")) {
    return absl::PermissionDeniedError(
        absl::StrCat("you may not open ", address_, "; ask its administrator for membership in the socket's group"));
  }
  return absl::UnavailableError(absl::StrCat("no service answers at ", address_, ": ", status.error_message(),
                                             ". Is cimvisord running? "
                                             "--server or $CIMVISOR_SERVER names another one."));
}

absl::StatusOr<cimvisor::v1::ClassDeclaration> Client::GetClass(const std::string& name, bool as_mof) {
  cimvisor::v1::GetClassRequest request;
  FillHeader(request.mutable_header());
  if (as_mof) request.mutable_header()->set_representation(cimvisor::v1::REPRESENTATION_MOF);
  request.set_class_name(name);
  grpc::ClientContext context;
  SetDeadline(context, options_.deadline);
  cimvisor::v1::GetClassResponse response;
  RETURN_IF_ERROR(Explain(objects_->GetClass(&context, request, &response)));
  return std::move(*response.mutable_class_());
}

absl::StatusOr<std::vector<cimvisor::v1::ClassDeclaration>> Client::EnumerateClasses(const std::string& superclass) {
  cimvisor::v1::EnumerateClassesRequest request;
  FillHeader(request.mutable_header());
  request.set_superclass(superclass);
  grpc::ClientContext context;
  SetDeadline(context, options_.deadline);
  const auto reader = objects_->EnumerateClasses(&context, request);
  std::vector<cimvisor::v1::ClassDeclaration> classes;
  cimvisor::v1::EnumerateClassesResponse response;
  while (reader->Read(&response)) {
    for (auto& declaration : *response.mutable_classes()) classes.push_back(std::move(declaration));
  }
  RETURN_IF_ERROR(Explain(reader->Finish()));
  return classes;
}

absl::StatusOr<Instance> Client::GetInstance(const std::string& path, const std::vector<std::string>& properties) {
  cimvisor::v1::GetInstanceRequest request;
  FillHeader(request.mutable_header());
  request.set_path(path);
  for (const std::string& property : properties) request.mutable_properties()->add_names(property);
  grpc::ClientContext context;
  SetDeadline(context, options_.deadline);
  cimvisor::v1::GetInstanceResponse response;
  RETURN_IF_ERROR(Explain(objects_->GetInstance(&context, request, &response)));
  return std::move(*response.mutable_instance());
}

absl::StatusOr<std::string> Client::GetInstanceText(const std::string& path,
                                                    cimvisor::v1::Representation representation) {
  cimvisor::v1::GetInstanceRequest request;
  FillHeader(request.mutable_header());
  request.mutable_header()->set_representation(representation);
  request.set_path(path);
  grpc::ClientContext context;
  SetDeadline(context, options_.deadline);
  cimvisor::v1::GetInstanceResponse response;
  RETURN_IF_ERROR(Explain(objects_->GetInstance(&context, request, &response)));
  return response.text();
}

absl::Status Client::RunQuery(
    const cimvisor::v1::QueryRequest& request,
    const std::function<absl::StatusOr<bool>(const cimvisor::v1::QueryResponse&)>& on_response) {
  grpc::ClientContext context;
  SetDeadline(context, options_.deadline);
  const auto reader = objects_->Query(&context, request);
  cimvisor::v1::QueryResponse response;
  while (reader->Read(&response)) {
    const absl::StatusOr<bool> go_on = on_response(response);
    if (!go_on.ok() || !*go_on) {
      context.TryCancel();
      while (reader->Read(&response)) {
      }
      reader->Finish();
      return go_on.status();
    }
  }
  return Explain(reader->Finish());
}

absl::Status Client::Query(const std::string& wql, const RowCallback& on_row) {
  cimvisor::v1::QueryRequest request;
  FillHeader(request.mutable_header());
  request.set_wql(wql);
  BatchDecoder decoder;
  return RunQuery(request, [&](const cimvisor::v1::QueryResponse& response) -> absl::StatusOr<bool> {
    for (const auto& layout : response.layouts()) RETURN_IF_ERROR(decoder.AddLayout(layout));
    for (const auto& batch : response.batches()) {
      ASSIGN_OR_RETURN(const bool go_on, decoder.ForEachRow(batch, on_row));
      if (!go_on) return false;
    }
    return true;
  });
}

absl::Status Client::QueryResponses(const std::string& wql,
                                    const std::function<bool(const cimvisor::v1::QueryResponse&)>& on_response) {
  cimvisor::v1::QueryRequest request;
  FillHeader(request.mutable_header());
  request.set_wql(wql);
  return RunQuery(request, [&](const cimvisor::v1::QueryResponse& response) -> absl::StatusOr<bool> {
    return on_response(response);
  });
}

absl::StatusOr<std::vector<Instance>> Client::QueryAll(const std::string& wql) {
  std::vector<Instance> rows;
  RETURN_IF_ERROR(Query(wql, [&](const Instance& row) {
    rows.push_back(row);
    return true;
  }));
  return rows;
}

absl::Status Client::QueryText(const std::string& wql, cimvisor::v1::Representation representation,
                               const std::function<bool(const std::string&)>& on_text) {
  cimvisor::v1::QueryRequest request;
  FillHeader(request.mutable_header());
  request.mutable_header()->set_representation(representation);
  request.set_wql(wql);
  return RunQuery(request, [&](const cimvisor::v1::QueryResponse& response) -> absl::StatusOr<bool> {
    for (const std::string& text : response.texts()) {
      if (!on_text(text)) return false;
    }
    return true;
  });
}

absl::StatusOr<InvokeResult> Client::Invoke(const std::string& path, const std::string& method,
                                            const std::vector<Property>& parameters, const std::string& request_id) {
  cimvisor::v1::InvokeMethodRequest request;
  FillHeader(request.mutable_header());
  request.mutable_header()->set_request_id(request_id);
  request.set_path(path);
  request.set_method(method);
  for (const Property& parameter : parameters) *request.add_parameters() = parameter;
  grpc::ClientContext context;
  SetDeadline(context, options_.deadline);
  cimvisor::v1::InvokeMethodResponse response;
  RETURN_IF_ERROR(Explain(objects_->InvokeMethod(&context, request, &response)));
  InvokeResult result;
  result.return_value = response.return_value();
  for (auto& parameter : *response.mutable_out_parameters()) {
    *result.out_parameters.add_properties() = std::move(parameter);
  }
  result.error = std::move(*response.mutable_error());
  result.plan.assign(response.plan().begin(), response.plan().end());
  result.revision = response.header().revision();
  return result;
}

absl::Status Client::Watch(const std::string& wql, int64_t after_revision, Cancellation& cancellation,
                           const std::function<void(int64_t revision)>& on_started, const EventCallback& on_event) {
  cimvisor::v1::SubscribeRequest request;
  FillHeader(request.mutable_header());
  request.set_wql(wql);
  if (after_revision >= 0) {
    request.set_after_revision(after_revision);
  } else {
    request.set_from_now(true);
  }
  grpc::ClientContext context;
  if (!cancellation.SetContext(&context)) context.TryCancel();
  const auto reader = objects_->Subscribe(&context, request);
  cimvisor::v1::SubscribeResponse response;
  bool ended_by_caller = false;
  while (reader->Read(&response)) {
    if (ended_by_caller) continue;  // drain after the cancellation
    if (response.has_header() && on_started) on_started(response.header().revision());
    for (const cimvisor::v1::Event& event : response.events()) {
      if (!on_event(event)) {
        ended_by_caller = true;
        context.TryCancel();
        break;
      }
    }
  }
  cancellation.SetContext(nullptr);
  const grpc::Status status = reader->Finish();
  if (ended_by_caller || cancellation.cancelled()) return absl::OkStatus();
  return Explain(status);
}

absl::StatusOr<std::string> Client::Upload(const std::string& local_path, const std::string& root,
                                           const std::string& name, bool replace) {
  const int file = open(local_path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return absl::NotFoundError(absl::StrCat("cannot read the local file ", local_path, ": ", std::strerror(errno)));
  }
  grpc::ClientContext context;
  SetDeadline(context, options_.deadline * 10);
  cimvisor::v1::UploadResponse response;
  const auto writer = objects_->Upload(&context, &response);
  cimvisor::v1::UploadRequest request;
  FillHeader(request.mutable_header());
  request.set_root(root);
  request.set_name(name);
  request.set_replace(replace);
  struct stat local;
  if (fstat(file, &local) == 0 && S_ISREG(local.st_mode)) request.set_size(static_cast<uint64_t>(local.st_size));
  bool open_stream = writer->Write(request);
  std::string chunk(kUploadChunk, '\0');
  absl::Status read_error;
  while (open_stream) {
    const ssize_t bytes = read(file, chunk.data(), chunk.size());
    if (bytes < 0) read_error = absl::InternalError(absl::StrCat("reading ", local_path, ": ", std::strerror(errno)));
    if (bytes <= 0) break;
    cimvisor::v1::UploadRequest data;
    data.set_data(chunk.data(), static_cast<size_t>(bytes));
    open_stream = writer->Write(data);
  }
  close(file);
  if (!read_error.ok()) {
    context.TryCancel();
    writer->Finish();
    return read_error;
  }
  writer->WritesDone();
  RETURN_IF_ERROR(Explain(writer->Finish()));
  return response.path();
}

absl::StatusOr<cimvisor::v1::GetServiceInformationResponse> Client::GetServiceInformation(bool check_host_again) {
  cimvisor::v1::GetServiceInformationRequest request;
  FillHeader(request.mutable_header());
  request.set_check_host_again(check_host_again);
  grpc::ClientContext context;
  SetDeadline(context, options_.deadline);
  cimvisor::v1::GetServiceInformationResponse response;
  RETURN_IF_ERROR(Explain(objects_->GetServiceInformation(&context, request, &response)));
  return response;
}

absl::StatusOr<cimvisor::v1::BackupResponse> Client::Backup(const std::string& file_name) {
  cimvisor::v1::BackupRequest request;
  FillHeader(request.mutable_header());
  request.set_file_name(file_name);
  grpc::ClientContext context;
  SetDeadline(context, options_.deadline * 10);
  cimvisor::v1::BackupResponse response;
  RETURN_IF_ERROR(Explain(objects_->Backup(&context, request, &response)));
  return response;
}

}  // namespace cimvisor::client
