// RETURN_IF_ERROR and ASSIGN_OR_RETURN for the clients, which share no code with the service.
#ifndef CIMVISOR_CLIENTS_CPP_STATUS_MACROS_H_
#define CIMVISOR_CLIENTS_CPP_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define RETURN_IF_ERROR(expression)                          \
  do {                                                       \
    ::absl::Status status_macro_value = (expression);        \
    if (!status_macro_value.ok()) return status_macro_value; \
  } while (false)

#define CLIENT_STATUS_CONCATENATE_INNER(a, b) a##b
#define CLIENT_STATUS_CONCATENATE(a, b) CLIENT_STATUS_CONCATENATE_INNER(a, b)
#define CLIENT_ASSIGN_OR_RETURN(temporary, target, expression) \
  auto temporary = (expression);                               \
  if (!temporary.ok()) return std::move(temporary).status();   \
  target = *std::move(temporary)
#define ASSIGN_OR_RETURN(target, expression) \
  CLIENT_ASSIGN_OR_RETURN(CLIENT_STATUS_CONCATENATE(status_or_, __LINE__), target, expression)

#endif  // CIMVISOR_CLIENTS_CPP_STATUS_MACROS_H_
