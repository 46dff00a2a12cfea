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

void AddHint(const cim::Class& from, int slot, const cim::Value& literal, bool is_prefix, SelectPlan* plan) {
  std::optional<Hint> hint = MakeHint(from, slot, literal, is_prefix);
  if (!hint.has_value()) return;
  plan->explanation.push_back(absl::StrCat("look up ", from.properties()[static_cast<size_t>(slot)].name,
                                           is_prefix ? " beginning with " : " = ", hint->value.ToText()));
  plan->hints.push_back(*std::move(hint));
}

// __PATH = 'path': the class is known, and the keys are.
void AddPathHints(const cim::Class& from, const cim::ObjectPath& path, SelectPlan* plan) {
  plan->only_class = path.class_name();
  for (const cim::ObjectPath::Key& key : path.keys()) {
    const int slot =
        key.first.empty() && from.key_slots().size() == 1 ? from.key_slots().front() : from.FindProperty(key.first);
    if (slot >= 0) AddHint(from, slot, key.second, false, plan);
  }
}

void AddHints(const Term& term, SelectPlan* plan) {
  const cim::Class& from = *plan->from;
  if (term.left.from != OperandSource::From::kRow) return;
  if (term.kind == Term::Kind::kLike) {
    if (term.left.slot < 0 || term.pattern.prefix().empty()) return;
    AddHint(from, term.left.slot, cim::Value::String(term.pattern.prefix()), !term.pattern.is_literal(), plan);
    return;
  }
  if (term.kind != Term::Kind::kCompare || term.comparison != Comparison::kEqual ||
      term.right.from != OperandSource::From::kLiteral || term.right.literal.is_null())
    return;
  switch (term.left.system) {
    case SystemProperty::kNone:
      AddHint(from, term.left.slot, term.right.literal, false, plan);
      return;
    case SystemProperty::kClass:
      plan->only_class = term.right.literal.string();
      return;
    case SystemProperty::kPath:
    case SystemProperty::kRelativePath:
      AddPathHints(from, term.right.literal.reference(), plan);
      return;
    default:
      return;
  }
}

}  // namespace

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

  plan.explanation.push_back(absl::StrCat("read instances of ", plan.from->name(), " and its subclasses"));
  for (const Term* term : RequiredTerms(plan.filter)) AddHints(*term, &plan);
  if (!plan.only_class.empty()) plan.explanation.push_back(absl::StrCat("only of the class ", plan.only_class));
  if (select.where.has_value()) plan.explanation.push_back(absl::StrCat("keep rows where ", select.where->Text()));
  return plan;
}

}  // namespace cimvisor::wql
