// Conditions to filters: names become slots, literals become values of the property's type.
#ifndef CIMVISOR_SERVICE_WQL_COMPILER_H_
#define CIMVISOR_SERVICE_WQL_COMPILER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/cim/class_repository.h"
#include "service/wql/filter.h"

namespace cimvisor::wql {

struct CompileContext {
  const cim::ClassRepository* classes = nullptr;  // for ISA; never null
  std::string server_name;                        // __SERVER
};

// What names mean. In a data query all are properties of `row`. In an event query `row` is the event's class, and
// TargetInstance.X and PreviousInstance.X are properties of `target`.
struct Scope {
  const cim::Class* row = nullptr;
  const cim::Class* target = nullptr;  // null: a data query
  // A query over meta_class: `row` is null, and the classes of this namespace are the rows.
  std::string schema_name_space;
  // Event queries: a property that `target` lacks is NULL, for it was found in another class that the query selects.
  bool unknown_is_null = false;
  // PreviousInstance may be named although `row` lacks it: events of its subclasses have it. NULL in the others.
  bool has_previous = false;

  const std::string& name_space() const { return row == nullptr ? schema_name_space : row->name_space(); }
};

// `query_text` is for errors: CIM_ERR_INVALID_QUERY with the place, for an unknown property (by name), a literal that
// does not fit the property's type, a comparison that the type has not, an unknown class after ISA.
absl::StatusOr<Filter> CompileFilter(const Expression& where, absl::string_view query_text, const Scope& scope,
                                     const CompileContext& context);

}  // namespace cimvisor::wql

#endif  // CIMVISOR_SERVICE_WQL_COMPILER_H_
