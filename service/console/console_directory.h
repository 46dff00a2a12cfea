// Finds the byte stream of an object path, after checking the caller's right: the broker of consoles.
#ifndef CIMVISOR_SERVICE_CONSOLE_CONSOLE_DIRECTORY_H_
#define CIMVISOR_SERVICE_CONSOLE_CONSOLE_DIRECTORY_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/cim/class_repository.h"
#include "service/console/byte_stream.h"
#include "service/security/caller.h"

namespace cimvisor::console {

// Filled at start, then only read: thread-safe.
class ConsoleDirectory {
 public:
  // Hears each attempt to write and each denial, for the audit. Called on the caller's thread before Open returns.
  struct Attempt {
    security::Caller caller;
    std::string object;  // the path
    bool write = false;
    bool denied = false;
  };
  using AuditSink = std::function<void(const Attempt& attempt)>;

  // `classes` must outlive the directory. `audit` may be empty.
  ConsoleDirectory(const cim::ClassRepository& classes, AuditSink audit);

  // `source` serves the objects of this class and of its subclasses (the most derived registration counts); it must
  // outlive the directory. CIM_ERR_INVALID_CLASS for an unknown class, CIM_ERR_ALREADY_EXISTS for a second source.
  absl::Status Register(absl::string_view name_space, absl::string_view class_name, ByteStreamSource* source);

  // Reading needs the right to read, `request.write` the right to administer: CIM_ERR_ACCESS_DENIED.
  // CIM_ERR_INVALID_CLASS, CIM_ERR_NOT_SUPPORTED when the class has no streams, else what the source says.
  absl::StatusOr<std::unique_ptr<ByteStream>> Open(OpenRequest request);

 private:
  struct Entry {
    std::shared_ptr<const cim::Class> cls;
    ByteStreamSource* source;
  };

  const cim::ClassRepository& classes_;
  const AuditSink audit_;
  std::vector<Entry> entries_;
};

}  // namespace cimvisor::console

#endif  // CIMVISOR_SERVICE_CONSOLE_CONSOLE_DIRECTORY_H_
