#include "service/wql/event_query.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"
#include "service/wql/planner.h"
#include "service/wql/query_error.h"

namespace cimvisor::wql {
namespace {

using Classes = std::vector<std::shared_ptr<const cim::Class>>;

bool IsOfInstance(const PropertyName& name) {
  return absl::EqualsIgnoreCase(name.parts.front(), "TargetInstance") ||
         absl::EqualsIgnoreCase(name.parts.front(), "PreviousInstance");
}

void CollectNames(const Expression& expression, std::vector<const PropertyName*>* names) {
  for (const Expression& child : expression.children) CollectNames(child, names);
  if (!expression.children.empty()) return;
  for (const Operand* operand : {&expression.left, &expression.right}) {
    if (const PropertyName* name = std::get_if<PropertyName>(operand)) {
      if (!name->parts.empty()) names->push_back(name);
    }
  }
}

// The condition TargetInstance ISA 'X' that every selected event meets; null when there is none.
const Expression* RequiredIsA(const Expression& where) {
  if (where.kind == Expression::Kind::kAnd) {
    for (const Expression& child : where.children) {
      if (const Expression* found = RequiredIsA(child)) return found;
    }
    return nullptr;
  }
  if (where.kind != Expression::Kind::kCompare || where.comparison != Comparison::kIsA) return nullptr;
  const PropertyName& name = std::get<PropertyName>(where.left);
  return name.parts.size() == 1 && absl::EqualsIgnoreCase(name.parts[0], "TargetInstance") ? &where : nullptr;
}

// A property of an instance must be known to one of the classes; gathers those that are volatile.
absl::Status CheckName(const PropertyName& name, absl::string_view text, const Classes& classes,
                       std::vector<std::string>* volatile_properties) {
  if (!IsOfInstance(name) || name.parts.size() != 2 || IsSystemProperty(name.parts[1])) return absl::OkStatus();
  bool known = false;
  for (const auto& cls : classes) {
    const int slot = cls->FindProperty(name.parts[1]);
    if (slot < 0) continue;
    known = true;
    const cim::Property& property = cls->properties()[static_cast<size_t>(slot)];
    if (!property.is_volatile) continue;
    if (std::find(volatile_properties->begin(), volatile_properties->end(), property.name) ==
        volatile_properties->end())
      volatile_properties->push_back(property.name);
  }
  if (known) return absl::OkStatus();
  const std::string where = classes.size() == 1
                                ? classes.front()->name()
                                : absl::StrCat("no class that the query selects (", classes.front()->name(), ", ...)");
  return QueryError(text, name.offset,
                    classes.size() == 1 ? absl::StrCat(where, " has no property '", name.parts[1], "'")
                                        : absl::StrCat(where, " has a property '", name.parts[1], "'"));
}

}  // namespace

absl::StatusOr<EventQuery> EventQuery::Compile(const SelectQuery& select, absl::string_view query_text,
                                               std::shared_ptr<const cim::Class> event_class,
                                               const CompileContext& context) {
  EventQuery query;
  query.event_class_ = std::move(event_class);
  query.within_seconds_ = select.within_seconds.value_or(0);
  query.about_instances_ = query.event_class_->IsA("__InstanceOperationEvent");
  if (!query.about_instances_) {
    RETURN_IF_ERROR(query.CompileWithoutInstances(select, query_text, context));
    return query;
  }
  const std::string& name_space = query.event_class_->name_space();

  const Expression* is_a = select.where.has_value() ? RequiredIsA(*select.where) : nullptr;
  if (is_a != nullptr) {
    const Literal& literal = std::get<Literal>(is_a->right);
    auto found = context.classes->Find(name_space, literal.value.string());
    if (!found.ok())
      return QueryError(query_text, literal.offset,
                        absl::StrCat("there is no class '", literal.value.string(), "' in ", name_space));
    query.target_class_ = *std::move(found);
    query.classes_ = context.classes->WithSubclasses(*query.target_class_);
  } else {
    query.classes_ = context.classes->Classes(name_space);
  }

  std::vector<const PropertyName*> names;
  if (select.where.has_value()) CollectNames(*select.where, &names);
  for (const PropertyName* name : names)
    RETURN_IF_ERROR(CheckName(*name, query_text, query.classes_, &query.volatile_properties_));

  // Its subclass __InstanceModificationEvent has a PreviousInstance; in events of the others it is NULL.
  const bool may_have_previous = absl::EqualsIgnoreCase(query.event_class_->name(), "__InstanceOperationEvent");
  for (const PropertyName& column : select.columns) {
    const bool of_event = query.event_class_->FindProperty(column.parts.front()) >= 0 ||
                          (may_have_previous && absl::EqualsIgnoreCase(column.parts.front(), "PreviousInstance"));
    const bool of_target = column.parts.size() == 1 &&
                           std::any_of(query.classes_.begin(), query.classes_.end(),
                                       [&](const auto& cls) { return cls->FindProperty(column.parts.front()) >= 0; });
    if (!of_event && !of_target && !IsSystemProperty(column.parts.front()))
      return QueryError(query_text, column.offset,
                        absl::StrCat(query.event_class_->name(), " has no property '", column.Text(), "'"));
    if (of_event) query.columns_.push_back(column.parts.front());
    if (!of_event && of_target) query.columns_.emplace_back("TargetInstance");
  }

  Scope scope;
  scope.row = query.event_class_.get();
  scope.unknown_is_null = true;
  scope.has_previous = may_have_previous;
  for (const auto& cls : query.classes_) {
    Filter filter;
    if (select.where.has_value()) {
      scope.target = cls.get();
      ASSIGN_OR_RETURN(filter, CompileFilter(*select.where, query_text, scope, context));
    }
    query.filters_.emplace(cls.get(), std::move(filter));
  }
  if (select.group.has_value()) {
    ASSIGN_OR_RETURN(query.group_,
                     EventGroup::Compile(*select.group, query_text, *query.event_class_, query.classes_, context));
  }
  return query;
}

// Extrinsic events, and __Event, which is all there are.
absl::Status EventQuery::CompileWithoutInstances(const SelectQuery& select, absl::string_view query_text,
                                                 const CompileContext& context) {
  for (const PropertyName& column : select.columns) {
    if (event_class_->FindProperty(column.parts.front()) >= 0) {
      columns_.push_back(column.parts.front());
    } else if (!IsSystemProperty(column.parts.front())) {
      return QueryError(query_text, column.offset,
                        absl::StrCat(event_class_->name(), " has no property '", column.Text(), "'"));
    }
  }
  Scope scope;
  scope.row = event_class_.get();
  if (select.where.has_value()) {
    ASSIGN_OR_RETURN(event_filter_, CompileFilter(*select.where, query_text, scope, context));
  }
  if (select.group.has_value()) {
    ASSIGN_OR_RETURN(group_, EventGroup::Compile(*select.group, query_text, *event_class_, {}, context));
  }
  return absl::OkStatus();
}

std::vector<Hint> EventQuery::KeyHints(const cim::Class& target_class) const {
  std::vector<Hint> hints;
  const auto found = filters_.find(&target_class);
  if (found == filters_.end()) return hints;
  for (const Term* term : RequiredTerms(found->second)) {
    const int slot = term->left.slot;
    if (term->left.from != OperandSource::From::kTarget || slot < 0 ||
        !target_class.properties()[static_cast<size_t>(slot)].is_key)
      continue;
    std::optional<Hint> hint;
    if (term->kind == Term::Kind::kCompare && term->comparison == Comparison::kEqual &&
        term->right.from == OperandSource::From::kLiteral && !term->right.literal.is_null()) {
      hint = MakeHint(target_class, slot, term->right.literal, false);
    } else if (term->kind == Term::Kind::kLike && !term->pattern.prefix().empty()) {
      hint = MakeHint(target_class, slot, cim::Value::String(term->pattern.prefix()), !term->pattern.is_literal());
    }
    if (hint.has_value()) hints.push_back(*std::move(hint));
  }
  return hints;
}

bool EventQuery::Matches(const cim::Instance& event, const cim::Instance* target, const cim::Instance* previous) const {
  if (!SelectsEventClass(event.cls())) return false;
  if (!about_instances_) return event_filter_.Matches(event);  // a slot is the same in every subclass
  if (target == nullptr) return false;
  const auto found = filters_.find(&target->cls());
  if (found == filters_.end()) return false;
  // Slots were compiled for the target's class; an instance of another one cannot be read by them.
  if (previous != nullptr && &previous->cls() != &target->cls()) previous = nullptr;
  return found->second.Matches(Frame{&event, target, previous});
}

}  // namespace cimvisor::wql
