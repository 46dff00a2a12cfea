// The folder of one launch below the runtime directory, named by its launch id:
//
//   control   the worker's listening socket
//   record    the process record (process_record.h)
//   log       the worker's standard error, bounded
//
// Only the service's user may enter. Everything is reached through descriptors, so the length of the runtime
// directory's path does not matter (a socket's name has 108 bytes; /proc/self/fd/N/control always fits).
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_LAUNCH_DIRECTORY_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_LAUNCH_DIRECTORY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hypervisor-backend/machine/file_descriptor.h"

namespace cimvisor::worker {

class LaunchDirectory {
 public:
  // Makes the folder and its record and log. kInvalidArgument for an id that is no file name (1 to 64 of A-Z, a-z, 0-9
  // and '-'), kAlreadyExists for one that was used.
  static absl::StatusOr<LaunchDirectory> Create(int runtime_directory, const std::string& launch_id);
  // kNotFound when there is none.
  static absl::StatusOr<LaunchDirectory> Open(int runtime_directory, const std::string& launch_id);
  // The ids of all launches that have a folder.
  static absl::StatusOr<std::vector<std::string>> List(int runtime_directory);
  // Removes the folder and what is in it. Missing parts are no error.
  static absl::Status Remove(int runtime_directory, const std::string& launch_id);

  // Binds and listens: connections succeed from here on, and wait for the worker.
  absl::StatusOr<machine::FileDescriptor> MakeListener() const;
  // A non-blocking connection. kUnavailable when nobody listens.
  absl::StatusOr<machine::FileDescriptor> Connect() const;
  absl::StatusOr<machine::FileDescriptor> OpenRecord(bool writable) const;
  absl::StatusOr<machine::FileDescriptor> OpenLog() const;  // for appending
  // The last lines of the log, at most `limit` bytes, printable. Empty when there is none.
  std::string LogTail(size_t limit) const;

 private:
  explicit LaunchDirectory(machine::FileDescriptor directory) : directory_(std::move(directory)) {}
  absl::StatusOr<machine::FileDescriptor> OpenFile(const char* name, int flags) const;

  machine::FileDescriptor directory_;
};

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_LAUNCH_DIRECTORY_H_
