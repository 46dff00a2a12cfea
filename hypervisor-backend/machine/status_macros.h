// RETURN_IF_ERROR and ASSIGN_OR_RETURN for absl::Status and absl::StatusOr.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_MACHINE_STATUS_MACROS_H_
#define CIMVISOR_HYPERVISOR_BACKEND_MACHINE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns the status of `expression` from the enclosing function unless it is OK.
#ifndef RETURN_IF_ERROR
#define RETURN_IF_ERROR(expression)                          \
  do {                                                       \
    ::absl::Status status_macro_value = (expression);        \
    if (!status_macro_value.ok()) return status_macro_value; \
  } while (false)
#endif

#define HYPERVISOR_STATUS_CONCATENATE_INNER(a, b) a##b
#define HYPERVISOR_STATUS_CONCATENATE(a, b) HYPERVISOR_STATUS_CONCATENATE_INNER(a, b)
#define HYPERVISOR_ASSIGN_OR_RETURN(temporary, target, expression) \
  auto temporary = (expression);                                   \
  if (!temporary.ok()) return std::move(temporary).status();       \
  target = *std::move(temporary)

// Assigns the value of the StatusOr `expression` to `target`, or returns its status.
#ifndef ASSIGN_OR_RETURN
#define ASSIGN_OR_RETURN(target, expression) \
  HYPERVISOR_ASSIGN_OR_RETURN(HYPERVISOR_STATUS_CONCATENATE(status_or_, __LINE__), target, expression)
#endif

#endif  // CIMVISOR_HYPERVISOR_BACKEND_MACHINE_STATUS_MACROS_H_
