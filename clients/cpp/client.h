// A connection to a Cimvisor service: query, get, invoke, watch, wait for a job, console.
//
//   ASSIGN_OR_RETURN(std::unique_ptr<Client> client, Client::Connect({}));
//   RETURN_IF_ERROR(client->Query("SELECT Name, ElementName FROM Msvm_ComputerSystem", [](const Instance& machine) {
//     std::cout << Text(machine, "ElementName") << "\n";
//     return true;
//   }));
//
// Thread-safe. Errors are absl::Status; ErrorDetailOf (errors.h) has the CIM status and the WMI code.
#ifndef CIMVISOR_CLIENTS_CPP_CLIENT_H_
#define CIMVISOR_CLIENTS_CPP_CLIENT_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "cimvisor/v1/console.grpc.pb.h"
#include "cimvisor/v1/object_manager.grpc.pb.h"
#include "clients/cpp/connection.h"
#include "clients/cpp/values.h"

namespace cimvisor::client {

struct ClientOptions {
  ConnectionOptions connection;
  std::string name_space = "root/virtualization/v2";
  absl::Duration deadline = absl::Seconds(60);  // for each call but streams that have no end
};

// Takes a row; false ends the query (not an error).
using RowCallback = std::function<bool(const Instance&)>;
using EventCallback = std::function<bool(const cimvisor::v1::Event&)>;

// Ends a stream from another thread. Thread-safe; may be cancelled before, during and after the call.
class Cancellation {
 public:
  void Cancel();
  bool cancelled() const;

 private:
  friend class Client;
  // The call to cancel, from its begin to its end; null: none. Returns false when it was cancelled before.
  bool SetContext(grpc::ClientContext* context);

  mutable absl::Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

struct InvokeResult {
  uint32_t return_value = 0;
  Instance out_parameters;  // as properties
  Instance error;           // an Msvm_Error; without properties when there is none
  std::vector<std::string> plan;
  int64_t revision = 0;  // from which a watch misses nothing of the method's effects
  bool started_job() const { return return_value == 4096; }
  // The path of the output parameter Job; "" when there is none.
  std::string job_path() const;
  // OK for 0 and 4096; else kFailedPrecondition (and the like) in the words of the Msvm_Error.
  absl::Status ToStatus(absl::string_view method) const;
};

class Client {
 public:
  // Opens the channel; the first call connects.
  static absl::StatusOr<std::unique_ptr<Client>> Connect(ClientOptions options);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  absl::StatusOr<cimvisor::v1::ClassDeclaration> GetClass(const std::string& name, bool as_mof = false);
  absl::StatusOr<std::vector<cimvisor::v1::ClassDeclaration>> EnumerateClasses(const std::string& superclass = "");

  // `properties` empty: all.
  absl::StatusOr<Instance> GetInstance(const std::string& path, const std::vector<std::string>& properties = {});
  absl::StatusOr<std::string> GetInstanceText(const std::string& path, cimvisor::v1::Representation representation);

  absl::Status Query(const std::string& wql, const RowCallback& on_row);
  // The same in the messages of the service, as they come; for those that measure or forward.
  absl::Status QueryResponses(const std::string& wql,
                              const std::function<bool(const cimvisor::v1::QueryResponse&)>& on_response);
  absl::StatusOr<std::vector<Instance>> QueryAll(const std::string& wql);
  absl::Status QueryText(const std::string& wql, cimvisor::v1::Representation representation,
                         const std::function<bool(const std::string&)>& on_text);

  // `request_id`: the same again returns the first outcome; empty: none is sent.
  absl::StatusOr<InvokeResult> Invoke(const std::string& path, const std::string& method,
                                      const std::vector<Property>& parameters, const std::string& request_id = "");

  // Calls `on_event` for each event until it returns false or `cancellation` is cancelled. `after_revision` < 0: from
  // now; `on_started` (may be empty) hears the revision from which nothing is missed. kUnavailable when the connection
  // broke: call again with the revision of the last event.
  absl::Status Watch(const std::string& wql, int64_t after_revision, Cancellation& cancellation,
                     const std::function<void(int64_t revision)>& on_started, const EventCallback& on_event);

  // Waits through events until the job has ended or `timeout` is over (kDeadlineExceeded: it goes on). `on_progress`
  // (may be empty) hears each change. Returns the ended job, also a failed one: see JobStatusOf in job.h.
  absl::StatusOr<Instance> WaitForJob(const std::string& job_path, int64_t after_revision, absl::Duration timeout,
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
  absl::Status Explain(const grpc::Status& status) const;
  absl::Status RunQuery(const cimvisor::v1::QueryRequest& request,
                        const std::function<absl::StatusOr<bool>(const cimvisor::v1::QueryResponse&)>& on_response);

  ClientOptions options_;
  std::string address_;
  std::unique_ptr<cimvisor::v1::ObjectManager::StubInterface> objects_;
  std::unique_ptr<cimvisor::v1::Console::StubInterface> console_;
};

}  // namespace cimvisor::client

#endif  // CIMVISOR_CLIENTS_CPP_CLIENT_H_
