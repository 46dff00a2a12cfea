#include "service/wql/planner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/cim/errors.h"
#include "service/cim/object_path.h"
#include "service/cim/status_macros.h"
#include "service/wql/query_error.h"

namespace cimvisor::wql {
namespace {

constexpr absl::string_view kSystemProperties[] = {"__CLASS",      "__PATH",          "__RELPATH",    "__SERVER",
                                                   "__GENUS",      "__NAMESPACE",     "__SUPERCLASS", "__DYNASTY",
                                                   "__DERIVATION", "__PROPERTY_COUNT"};

// The terms that every selected row must meet: those of the outermost AND.
std::vector<const Term*> RequiredTerms(const Filter& filter) {
  // In postfix order, a term is required when nothing but AND (and the skips that belong to it) stands above it. Walk
  // backwards with the number of required operands that are still to come.
  std::vector<const Term*> required;
  const std::vector<Instruction>& program = filter.program();
  size_t pending = 1;   // operands of the outermost AND not seen yet
  size_t unwanted = 0;  // operands inside an OR or NOT not seen yet
  for (size_t i = program.size(); i > 0 && pending + unwanted > 0; --i) {
    const Instruction& instruction = program[i - 1];
    size_t& open = unwanted > 0 ? unwanted : pending;
    switch (instruction.code) {
      case Instruction::Code::kSkipIfFalse:
      case Instruction::Code::kSkipIfTrue:
        break;
      case Instruction::Code::kTerm:
        if (unwanted == 0) required.push_back(&filter.terms()[instruction.operand]);
        --open;
        break;
      case Instruction::Code::kAnd:
        ++open;
        break;
      case Instruction::Code::kOr:
        if (unwanted == 0) --pending;
        unwanted += unwanted == 0 ? 2 : 1;
        break;
      case Instruction::Code::kNot:
        if (unwanted == 0) {
          --pending;
          ++unwanted;
        }
        break;
    }
  }
  std::reverse(required.begin(), required.end());
  return required;
}

void AddHint(const cim::Class& from, int slot, const cim::Value& literal, bool is_prefix, SelectPlan* plan) {
  const cim::Property& property = from.properties()[static_cast<size_t>(slot)];
  if (property.is_array || cim::IsReal(property.type)) return;
  absl::StatusOr<cim::Value> value = literal.Coerce(property.type, false);
  // A literal that the property cannot hold (70000 for a uint16) selects nothing; the filter sees to that.
  if (!value.ok() || value->is_null()) return;
  plan->hints.push_back(Hint{slot, *std::move(value), is_prefix});
  plan->explanation.push_back(absl::StrCat("look up ", property.name, is_prefix ? " beginning with " : " = ",
                                           plan->hints.back().value.ToText()));
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

bool IsSystemProperty(absl::string_view name) {
  return std::any_of(std::begin(kSystemProperties), std::end(kSystemProperties),
                     [&](absl::string_view system) { return absl::EqualsIgnoreCase(name, system); });
}

absl::StatusOr<std::vector<int>> ResolvePropertyList(const cim::Class& cls, const std::vector<std::string>& names) {
  std::vector<int> slots;
  for (const std::string& name : names) {
    const int slot = cls.FindProperty(name);
    if (slot < 0 && !IsSystemProperty(name)) {
      return cim::CimError(cim::CimStatus::kNoSuchProperty,
                           absl::StrCat(cls.name(), " has no property '", name.substr(0, 200), "'"));
    }
    if (slot >= 0 && std::find(slots.begin(), slots.end(), slot) == slots.end()) slots.push_back(slot);
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
