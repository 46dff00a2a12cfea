// A connection to a Cimvisor service: query, get, invoke, watch, wait for a job, console.
//
//   ASSIGN_OR_RETURN(std::unique_ptr<Client> client, Client::Connect({}));
//   RETURN_IF_ERROR(client->Query("SELECT Name, ElementName FROM Msvm_ComputerSystem", [](const Instance& machine) {
//     std::cout << Text(machine, "ElementName") << "\n";
//     return true;
//   }));
//
// A connection that broke is made anew by the next call. Thread-safe. Errors are absl::Status; ErrorDetailOf (errors.h)
// has the CIM status and the WMI code.
#ifndef CIMVISOR_CLIENTS_CPP_CLIENT_H_
#define CIMVISOR_CLIENTS_CPP_CLIENT_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cimvisor/v1/console.grpc.pb.h"
#include "cimvisor/v1/object_manager.grpc.pb.h"
#include "clients/cpp/cancellation.h"
#include "clients/cpp/connection.h"
#include "clients/cpp/values.h"
#include "clients/cpp/watch.h"

namespace cimvisor::client {

struct ClientOptions {
  ConnectionOptions connection;
  std::string name_space = "root/virtualization/v2";
  absl::Duration deadline = absl::Seconds(60);  // for each call but streams that have no end
  // How long a service that was there may be away (a restart) before a watch, a wait for a job, or a call with a
  // request id gives up. Zero: a broken connection is an error at once.
  absl::Duration patience = absl::Seconds(30);
};

// Takes a row; false ends the query (not an error).
using RowCallback = std::function<bool(const Instance&)>;

struct InvokeResult {
  uint32_t return_value = 0;
  Instance out_parameters;  // as properties
  Instance error;           // an Msvm_Error; without properties when there is none
  std::vector<std::string> plan;
  int64_t revision = 0;   // from which a watch misses nothing of the method's effects
  bool replayed = false;  // the outcome of an earlier call with the same request id
  bool started_job() const { return return_value == 4096; }
  // The path of the output parameter Job; "" when there is none.
  std::string job_path() const;
  // OK for 0 and 4096; else kFailedPrecondition (and the like) in the words of the Msvm_Error.
  absl::Status ToStatus(absl::string_view method) const;
};

struct InvokeOptions {
  // The same again returns the first outcome, so a call whose connection broke is repeated for ClientOptions::patience.
  // Empty: none is sent, and nothing is repeated.
  std::string request_id;
  // Validates and says in InvokeResult::plan what would be done; nothing changes.
  bool plan = false;
  int64_t expected_revision = 0;  // of the instance; kAborted when it is another one. 0: any
};

// An id that nobody had before (128 random bits), for InvokeOptions.
std::string NewRequestId();

class Client {
 public:
  // Opens the channel; the first call connects.
  static absl::StatusOr<std::unique_ptr<Client>> Connect(ClientOptions options);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  absl::StatusOr<cimvisor::v1::ClassDeclaration> GetClass(const std::string& name, bool as_mof = false);
  absl::StatusOr<std::vector<cimvisor::v1::ClassDeclaration>> EnumerateClasses(const std::string& superclass = "");

  // `properties` empty: all. `revision` (may be null) gets the revision that was read: a watch after it misses nothing.
  absl::StatusOr<Instance> GetInstance(const std::string& path, const std::vector<std::string>& properties = {},
                                       int64_t* revision = nullptr);
  absl::StatusOr<std::string> GetInstanceText(const std::string& path, cimvisor::v1::Representation representation);

  // `revision` as for GetInstance; it is set before the first row.
  absl::Status Query(const std::string& wql, const RowCallback& on_row, int64_t* revision = nullptr);
  // ASSOCIATORS OF and REFERENCES OF without a text: `references` has no assoc_class and no result_role.
  absl::Status Associators(const cimvisor::v1::AssociationQuery& query, const RowCallback& on_row);
  absl::Status References(const cimvisor::v1::AssociationQuery& query, const RowCallback& on_row);
  // How the service would answer the query, and how many rows it looks at; it sends none.
  absl::StatusOr<cimvisor::v1::Explanation> Explain(const std::string& wql);
  // The same in the messages of the service, as they come; for those that measure or forward.
  absl::Status QueryResponses(const std::string& wql,
                              const std::function<bool(const cimvisor::v1::QueryResponse&)>& on_response);
  absl::StatusOr<std::vector<Instance>> QueryAll(const std::string& wql);
  absl::Status QueryText(const std::string& wql, cimvisor::v1::Representation representation,
                         const std::function<bool(const std::string&)>& on_text);
  // A query as a message: its header's namespace is filled in. For what the calls above do not offer.
  absl::Status QueryMessage(cimvisor::v1::QueryRequest request,
                            const std::function<bool(const cimvisor::v1::QueryResponse&)>& on_response);

  absl::StatusOr<InvokeResult> Invoke(const std::string& path, const std::string& method,
                                      const std::vector<Property>& parameters, const InvokeOptions& options = {});

  // Calls `on_event` for each event until it returns false or `cancellation` is cancelled (OK). A connection that
  // breaks is made anew and the watch goes on where it was, without a gap or a repeat. kOutOfRange when the journal no
  // longer reaches back that far (ErrorDetail.oldest_revision says how far it does), kUnavailable when the service
  // stays away, kFailedPrecondition when it came back with another database.
  absl::Status Watch(const WatchOptions& options, Cancellation& cancellation, const EventCallback& on_event);
  absl::Status Watch(const std::string& wql, int64_t after_revision, Cancellation& cancellation,
                     const std::function<void(int64_t revision)>& on_started, const EventCallback& on_event);

  // Waits until the job has ended or `timeout` is over (kDeadlineExceeded: it goes on in the service). It hears the
  // job's events after `after_revision` (InvokeResult::revision; negative: from now), reads the job once, and never
  // polls. `on_progress` (may be empty) hears each change. Returns the ended job, also a failed one: see JobStatusOf in
  // job.h. kNotFound when there is no such job, as when its time after its end is over.
  absl::StatusOr<Instance> WatchJob(const std::string& job_path, int64_t after_revision, absl::Duration timeout,
                                    const std::function<void(const Instance& job)>& on_progress);

  // Stores a local file below a root of the service ("boot", "images"); returns the server's path.
  absl::StatusOr<std::string> Upload(const std::string& local_path, const std::string& root, const std::string& name,
                                     bool replace);

  absl::StatusOr<cimvisor::v1::GetServiceInformationResponse> GetServiceInformation(bool check_host_again);
  absl::StatusOr<cimvisor::v1::BackupResponse> Backup(const std::string& file_name);

  // The console service's stub, for streams that read and write at once; and a header for its requests.
  cimvisor::v1::Console::StubInterface& console() { return *console_; }
  const ClientOptions& options() const { return options_; }
  const std::string& address() const { return address_; }

 private:
  explicit Client(ClientOptions options) : options_(std::move(options)) {}
  void FillHeader(cimvisor::v1::RequestHeader* header) const;
  absl::Status ToStatus(const grpc::Status& status) const;
  // Gives a channel that was refused before the time for another attempt, and the call its deadline.
  void Prepare(grpc::ClientContext& context, absl::Duration deadline);
  absl::Status RunRows(const cimvisor::v1::QueryRequest& request, const RowCallback& on_row, int64_t* revision);
  absl::Status InvokeRepeatedly(const cimvisor::v1::InvokeMethodRequest& request,
                                cimvisor::v1::InvokeMethodResponse& response);
  absl::Status RunQuery(const cimvisor::v1::QueryRequest& request,
                        const std::function<absl::StatusOr<bool>(const cimvisor::v1::QueryResponse&)>& on_response);

  ClientOptions options_;
  std::string address_;
  std::shared_ptr<grpc::Channel> channel_;
  mutable std::atomic<bool> was_answered_ = false;  // by a service, once
  std::unique_ptr<cimvisor::v1::ObjectManager::StubInterface> objects_;
  std::unique_ptr<cimvisor::v1::Console::StubInterface> console_;
};

}  // namespace cimvisor::client

#endif  // CIMVISOR_CLIENTS_CPP_CLIENT_H_
