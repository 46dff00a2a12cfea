// How a SELECT over instances is carried out: which properties to ask for, what a provider can look up by, what is
// left to filter.
#ifndef CIMVISOR_SERVICE_WQL_PLANNER_H_
#define CIMVISOR_SERVICE_WQL_PLANNER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/cim/class.h"
#include "service/cim/instance.h"
#include "service/wql/ast.h"
#include "service/wql/compiler.h"
#include "service/wql/filter.h"
#include "service/wql/hints.h"

namespace cimvisor::wql {

struct SelectPlan {
  std::shared_ptr<const cim::Class> from;
  std::vector<int> columns;    // slots and system columns in the order asked for
  bool all_columns = true;     // SELECT *: then a row's own class says which
  cim::PropertySet requested;  // the columns, the keys, and what the filter reads
  std::vector<Hint> hints;     // all of them hold for every selected row
  Alternatives alternatives;   // one of them holds for every selected row; empty: unknown
  Filter filter;               // CanSelect says for which classes
};

// CIM_ERR_INVALID_QUERY that names an unknown property, with its place. System properties (__PATH, …) may stand in the
// list.
absl::StatusOr<SelectPlan> PlanSelect(const SelectQuery& select, absl::string_view query_text,
                                      std::shared_ptr<const cim::Class> from, const CompileContext& context);

// "look up Name = x and ElementName beginning with w": a step of a plan.
std::string LookupText(const cim::Class& cls, const std::vector<Hint>& hints);

// The slots of named properties of a class, in order and without repeats; of a system property its SystemColumn.
// CIM_ERR_NO_SUCH_PROPERTY that names it.
absl::StatusOr<std::vector<int>> ResolvePropertyList(const cim::Class& cls, const std::vector<std::string>& names);

// True for __CLASS, __PATH, __RELPATH, … in any case.
bool IsSystemProperty(absl::string_view name);

}  // namespace cimvisor::wql

#endif  // CIMVISOR_SERVICE_WQL_PLANNER_H_
