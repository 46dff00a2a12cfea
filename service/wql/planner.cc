#include "service/wql/planner.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/cim/errors.h"
#include "service/cim/object_path.h"
#include "service/cim/status_macros.h"
#include "service/cim/system_properties.h"
#include "service/wql/query_error.h"

namespace cimvisor::wql {
namespace {

std::string HintText(const cim::Class& cls, const Hint& hint) {
  return absl::StrCat(cls.properties()[static_cast<size_t>(hint.slot)].name,
                      hint.is_prefix ? " beginning with " : " = ", hint.value.ToText());
}

}  // namespace

std::string LookupText(const cim::Class& cls, const std::vector<Hint>& hints) {
  return absl::StrCat("look up ", absl::StrJoin(hints, " and ", [&](std::string* out, const Hint& hint) {
                        out->append(HintText(cls, hint));
                      }));
}

bool IsSystemProperty(absl::string_view name) { return cim::FindSystemProperty(name) != nullptr; }

absl::StatusOr<std::vector<int>> ResolvePropertyList(const cim::Class& cls, const std::vector<std::string>& names) {
  std::vector<int> slots;
  for (const std::string& name : names) {
    int slot = cls.FindProperty(name);
    const cim::SystemPropertyRow* const system = cim::FindSystemProperty(name);
    if (slot < 0 && system != nullptr) slot = cim::SystemColumn(system->property);
    if (slot < 0 && system == nullptr) {
      return cim::CimError(cim::CimStatus::kNoSuchProperty,
                           absl::StrCat(cls.name(), " has no property '", name.substr(0, 200), "'"));
    }
    if (std::find(slots.begin(), slots.end(), slot) == slots.end()) slots.push_back(slot);
  }
  return slots;
}

absl::StatusOr<SelectPlan> PlanSelect(const SelectQuery& select, absl::string_view query_text,
                                      std::shared_ptr<const cim::Class> from, const CompileContext& context) {
  SelectPlan plan;
  plan.from = std::move(from);
  plan.all_columns = select.columns.empty();
  for (const PropertyName& column : select.columns) {
    if (column.parts.size() > 1)
      return QueryError(query_text, column.offset,
                        absl::StrCat("'", column.Text(), "': a list names properties of the class, without dots"));
    const absl::StatusOr<std::vector<int>> slots = ResolvePropertyList(*plan.from, column.parts);
    if (!slots.ok()) return QueryError(query_text, column.offset, slots.status().message());
    for (const int slot : *slots) {
      if (std::find(plan.columns.begin(), plan.columns.end(), slot) == plan.columns.end()) plan.columns.push_back(slot);
    }
  }
  if (select.where.has_value()) {
    Scope scope;
    scope.row = plan.from.get();
    ASSIGN_OR_RETURN(plan.filter, CompileFilter(*select.where, query_text, scope, context));
  }
  if (!plan.all_columns) {
    plan.requested = cim::PropertySet::Of(plan.columns);
    for (const int slot : plan.from->key_slots()) plan.requested.Add(slot);
    plan.filter.AddRowSlots(*plan.from, &plan.requested);
  }

  for (const Term* term : RequiredTerms(plan.filter)) {
    for (Hint& hint : HintsOf(*term, *plan.from)) plan.hints.push_back(std::move(hint));
  }
  plan.alternatives = AlternativesOf(plan.filter, *plan.from);
  return plan;
}

}  // namespace cimvisor::wql
