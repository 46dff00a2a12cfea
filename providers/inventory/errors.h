// What can go wrong in the inventory: an absl::Status whose payload says which kind of failure it is, so that a view
// can map it to the return value of its namespace (32775 for an invalid state, …) without reading words.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_ERRORS_H_
#define CIMVISOR_PROVIDERS_INVENTORY_ERRORS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cimvisor::inventory {

enum class ErrorKind : uint8_t {
  kFailed = 1,        // it was tried, and did not work
  kAccessDenied,      // a path outside the roots
  kNotSupported,      // a feature, or a guest that this host cannot run
  kInvalidParameter,  // a value that no machine can have
  kInUse,             // another change of the same machine is under way and did not end in time
  kInvalidState,      // the state of the machine forbids it
  kOutOfMemory,       // memory or disk space of the host
  kFileNotFound,      // a kernel or initrd that is not there
  kNotFound,          // no such machine
  kAlreadyExists,     // a machine with this id, a second kernel
  kConflict,          // the machine was changed after the revision that the caller expected
  kTimeout,           // the operation's deadline
};

// An error of this kind. The message says what was wrong, with which object, and what to do.
absl::Status InventoryError(ErrorKind kind, absl::string_view message);

// The kind of an error, from its payload; of a foreign error (of the store, of a backend) by its absl code. `status`
// must not be OK.
ErrorKind KindOf(const absl::Status& status);

// "invalid state", for logs.
absl::string_view ErrorKindName(ErrorKind kind);

// Hyper-V's return code for it (32775 for an invalid state): the ErrorCode of a job that failed so. A conflict has none
// of its own and is 32768.
uint32_t JobErrorCode(ErrorKind kind);

// The same error with `context` and ": " before its message; kind kept.
absl::Status WithContext(const absl::Status& status, absl::string_view context);

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_ERRORS_H_
