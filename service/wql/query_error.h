// Errors about a place in a query's text.
#ifndef CIMVISOR_SERVICE_WQL_QUERY_ERROR_H_
#define CIMVISOR_SERVICE_WQL_QUERY_ERROR_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "service/cim/errors.h"

namespace cimvisor::wql {

// "MESSAGE at column N\n  TEXT\n     ^": the part of the text around `offset` (bytes) on one line, with a caret below
// the place. Columns count from 1.
absl::Status QueryError(absl::string_view text, size_t offset, absl::string_view message,
                        cim::CimStatus status = cim::CimStatus::kInvalidQuery);

}  // namespace cimvisor::wql

#endif  // CIMVISOR_SERVICE_WQL_QUERY_ERROR_H_
