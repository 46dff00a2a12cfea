// What the front end offers beside objects: facts about the service, backups, and the audit of its own operations.
// Implemented by the daemon.
#ifndef CIMVISOR_SERVICE_RPC_HOST_SERVICES_H_
#define CIMVISOR_SERVICE_RPC_HOST_SERVICES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/security/operation.h"

namespace cimvisor::rpc {

struct HostProbe {
  std::string name;
  bool passed = false;
  std::string detail;
};

// The verdict on the host; `checked` is false while the first check still runs.
struct HostFacts {
  bool checked = false;
  std::string verdict;  // "any guest", "small guests", "none", "unknown"
  std::vector<HostProbe> probes;
  std::string processor;
  std::string kernel_release;
  uint32_t logical_processors = 0;
  uint64_t memory_bytes = 0;
  std::string advice;
};

struct ServiceFacts {
  std::string version;
  std::string state_directory;
  std::string runtime_directory;
  std::string backend;
  std::vector<std::string> notices;  // what reconciliation found at start
};

// A folder that files may be uploaded to or written below.
struct NamedRoot {
  std::string name;  // "boot"
  std::string path;  // absolute
};

struct StoredFile {
  std::string path;
  uint64_t size = 0;
  std::string sha256;  // lower-case hexadecimal
};

// Thread-safe. Everything but Facts() and Roots() may block.
class HostServices {
 public:
  virtual ~HostServices() = default;

  virtual ServiceFacts Facts() const = 0;
  virtual std::vector<NamedRoot> Roots() const = 0;
  // What is known now; with `again`, probes the host anew first (seconds).
  virtual HostFacts Host(bool again) = 0;

  // A checked copy of the database as `file_name` below the root `exports`. kAlreadyExists, kInvalidArgument for a name
  // with slashes.
  virtual absl::StatusOr<StoredFile> Backup(const std::string& file_name) = 0;

  // Commits the audit row of an operation that the front end itself carried out (Upload, Backup).
  virtual absl::Status RecordDone(const security::Operation& operation) = 0;
  virtual absl::Status RecordDenied(const security::Operation& operation, absl::string_view reason) = 0;
};

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_HOST_SERVICES_H_
