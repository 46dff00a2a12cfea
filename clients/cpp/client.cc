#include "clients/cpp/client.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cpp/batch_decoder.h"
#include "clients/cpp/errors.h"
#include "clients/cpp/status_macros.h"

namespace cimvisor::client {
namespace {

// How long a call waits for a channel that was refused before: the longest pause between two of its attempts, and some.
constexpr absl::Duration kReconnectWait = absl::Seconds(2);

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(ClientOptions options) {
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel, OpenChannel(options.connection));
  auto client = std::unique_ptr<Client>(new Client(std::move(options)));
  client->address_ = ServerAddress(client->options_.connection);
  client->channel_ = channel;
  client->objects_ = cimvisor::v1::ObjectManager::NewStub(channel);
  client->console_ = cimvisor::v1::Console::NewStub(channel);
  return client;
}

void Client::FillHeader(cimvisor::v1::RequestHeader* header) const { header->set_name_space(options_.name_space); }

void Client::Prepare(grpc::ClientContext& context, absl::Duration deadline) {
  const absl::Time end = absl::Now() + deadline;
  context.set_deadline(absl::ToChronoTime(end));
  // Such a channel refuses calls at once until its next attempt, for which a synchronous client may wait for seconds.
  if (options_.patience > absl::ZeroDuration() && was_answered_ &&
      channel_->GetState(false) == GRPC_CHANNEL_TRANSIENT_FAILURE) {
    channel_->WaitForConnected(absl::ToChronoTime(std::min(end, absl::Now() + kReconnectWait)));
  }
}

absl::Status Client::ToStatus(const grpc::Status& status) const {
  absl::Status result = FromGrpcStatus(status);
  if (result.code() != absl::StatusCode::kUnavailable || ErrorDetailOf(result).has_value()) {
    was_answered_ = true;
    return result;
  }
  if (absl::StrContains(status.error_message(), "Permission denied")) {
    return absl::PermissionDeniedError(
        absl::StrCat("you may not open ", address_, "; ask its administrator for membership in the socket's group"));
  }
  if (was_answered_) {
    return absl::UnavailableError(
        absl::StrCat("the connection to ", address_, " broke, or the service is gone: ", status.error_message()));
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
  Prepare(context, options_.deadline);
  cimvisor::v1::GetClassResponse response;
  RETURN_IF_ERROR(ToStatus(objects_->GetClass(&context, request, &response)));
  return std::move(*response.mutable_class_());
}

absl::StatusOr<std::vector<cimvisor::v1::ClassDeclaration>> Client::EnumerateClasses(const std::string& superclass) {
  cimvisor::v1::EnumerateClassesRequest request;
  FillHeader(request.mutable_header());
  request.set_superclass(superclass);
  grpc::ClientContext context;
  Prepare(context, options_.deadline);
  const auto reader = objects_->EnumerateClasses(&context, request);
  std::vector<cimvisor::v1::ClassDeclaration> classes;
  cimvisor::v1::EnumerateClassesResponse response;
  while (reader->Read(&response)) {
    for (auto& declaration : *response.mutable_classes()) classes.push_back(std::move(declaration));
  }
  RETURN_IF_ERROR(ToStatus(reader->Finish()));
  return classes;
}

absl::StatusOr<Instance> Client::GetInstance(const std::string& path, const std::vector<std::string>& properties,
                                             int64_t* revision) {
  cimvisor::v1::GetInstanceRequest request;
  FillHeader(request.mutable_header());
  request.set_path(path);
  for (const std::string& property : properties) request.mutable_properties()->add_names(property);
  grpc::ClientContext context;
  Prepare(context, options_.deadline);
  cimvisor::v1::GetInstanceResponse response;
  RETURN_IF_ERROR(ToStatus(objects_->GetInstance(&context, request, &response)));
  if (revision != nullptr) *revision = response.header().revision();
  return std::move(*response.mutable_instance());
}

absl::StatusOr<std::string> Client::GetInstanceText(const std::string& path,
                                                    cimvisor::v1::Representation representation) {
  cimvisor::v1::GetInstanceRequest request;
  FillHeader(request.mutable_header());
  request.mutable_header()->set_representation(representation);
  request.set_path(path);
  grpc::ClientContext context;
  Prepare(context, options_.deadline);
  cimvisor::v1::GetInstanceResponse response;
  RETURN_IF_ERROR(ToStatus(objects_->GetInstance(&context, request, &response)));
  return response.text();
}

absl::Status Client::RunQuery(
    const cimvisor::v1::QueryRequest& request,
    const std::function<absl::StatusOr<bool>(const cimvisor::v1::QueryResponse&)>& on_response) {
  grpc::ClientContext context;
  Prepare(context, options_.deadline);
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
  return ToStatus(reader->Finish());
}

absl::Status Client::RunRows(const cimvisor::v1::QueryRequest& request, const RowCallback& on_row, int64_t* revision) {
  BatchDecoder decoder;
  return RunQuery(request, [&](const cimvisor::v1::QueryResponse& response) -> absl::StatusOr<bool> {
    if (revision != nullptr && response.has_header()) *revision = response.header().revision();
    for (const auto& layout : response.layouts()) RETURN_IF_ERROR(decoder.AddLayout(layout));
    for (const auto& batch : response.batches()) {
      ASSIGN_OR_RETURN(const bool go_on, decoder.ForEachRow(batch, on_row));
      if (!go_on) return false;
    }
    return true;
  });
}

absl::Status Client::Query(const std::string& wql, const RowCallback& on_row, int64_t* revision) {
  cimvisor::v1::QueryRequest request;
  FillHeader(request.mutable_header());
  request.set_wql(wql);
  return RunRows(request, on_row, revision);
}

absl::Status Client::Associators(const cimvisor::v1::AssociationQuery& query, const RowCallback& on_row) {
  cimvisor::v1::QueryRequest request;
  FillHeader(request.mutable_header());
  *request.mutable_associators() = query;
  return RunRows(request, on_row, nullptr);
}

absl::Status Client::References(const cimvisor::v1::AssociationQuery& query, const RowCallback& on_row) {
  cimvisor::v1::QueryRequest request;
  FillHeader(request.mutable_header());
  *request.mutable_references() = query;
  return RunRows(request, on_row, nullptr);
}

absl::StatusOr<cimvisor::v1::Explanation> Client::Explain(const std::string& wql) {
  cimvisor::v1::QueryRequest request;
  FillHeader(request.mutable_header());
  request.set_wql(wql);
  request.set_explain(true);
  cimvisor::v1::Explanation explanation;
  RETURN_IF_ERROR(RunQuery(request, [&](const cimvisor::v1::QueryResponse& response) -> absl::StatusOr<bool> {
    if (response.has_explanation()) explanation = response.explanation();
    return true;
  }));
  return explanation;
}

absl::Status Client::QueryMessage(cimvisor::v1::QueryRequest request,
                                  const std::function<bool(const cimvisor::v1::QueryResponse&)>& on_response) {
  FillHeader(request.mutable_header());
  return RunQuery(request, [&](const cimvisor::v1::QueryResponse& response) -> absl::StatusOr<bool> {
    return on_response(response);
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

absl::Status Client::Watch(const WatchOptions& options, Cancellation& cancellation, const EventCallback& on_event) {
  cimvisor::v1::SubscribeRequest request;
  FillHeader(request.mutable_header());
  request.mutable_header()->set_representation(options.representation);
  request.set_wql(options.wql);
  WatchLoop loop(*objects_, *channel_, options, std::move(request), options.patience.value_or(options_.patience),
                 [this](const grpc::Status& status) { return ToStatus(status); });
  return loop.Run(cancellation, on_event);
}

absl::Status Client::Watch(const std::string& wql, int64_t after_revision, Cancellation& cancellation,
                           const std::function<void(int64_t revision)>& on_started, const EventCallback& on_event) {
  WatchOptions options;
  options.wql = wql;
  options.after_revision = after_revision;
  options.on_started = on_started;
  return Watch(options, cancellation, on_event);
}

absl::StatusOr<cimvisor::v1::GetServiceInformationResponse> Client::GetServiceInformation(bool check_host_again) {
  cimvisor::v1::GetServiceInformationRequest request;
  FillHeader(request.mutable_header());
  request.set_check_host_again(check_host_again);
  grpc::ClientContext context;
  Prepare(context, options_.deadline);
  cimvisor::v1::GetServiceInformationResponse response;
  RETURN_IF_ERROR(ToStatus(objects_->GetServiceInformation(&context, request, &response)));
  return response;
}

absl::StatusOr<cimvisor::v1::BackupResponse> Client::Backup(const std::string& file_name) {
  cimvisor::v1::BackupRequest request;
  FillHeader(request.mutable_header());
  request.set_file_name(file_name);
  grpc::ClientContext context;
  Prepare(context, options_.deadline * 10);
  cimvisor::v1::BackupResponse response;
  RETURN_IF_ERROR(ToStatus(objects_->Backup(&context, request, &response)));
  return response;
}

}  // namespace cimvisor::client
