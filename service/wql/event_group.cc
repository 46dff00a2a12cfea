#include "service/wql/event_group.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"
#include "service/wql/query_error.h"

namespace cimvisor::wql {
namespace {

constexpr absl::string_view kClassName = "__CLASS";
constexpr absl::string_view kPath = "__PATH";
constexpr absl::string_view kRelativePath = "__RELPATH";

bool IsGroupable(absl::string_view system_property) {
  return absl::EqualsIgnoreCase(system_property, kClassName) || absl::EqualsIgnoreCase(system_property, kPath) ||
         absl::EqualsIgnoreCase(system_property, kRelativePath);
}

// The property as text, lower-cased; false where it is null.
bool TextOf(const cim::Instance& instance, const std::string& property, std::string* text) {
  if (absl::EqualsIgnoreCase(property, kClassName)) {
    *text = instance.cls().name();
  } else if (absl::EqualsIgnoreCase(property, kPath) || absl::EqualsIgnoreCase(property, kRelativePath)) {
    *text = instance.Path().RelativeText();
  } else {
    const cim::Value* value = instance.Find(property);
    if (value == nullptr || value->is_null()) return false;
    *text = value->ToText();
  }
  absl::AsciiStrToLower(text);
  return true;
}

bool Has(const cim::Class& cls, absl::string_view property) {
  return IsGroupable(property) || cls.FindProperty(property) >= 0;
}

}  // namespace

absl::StatusOr<EventGroup> EventGroup::Compile(const GroupClause& clause, absl::string_view query_text,
                                               const cim::Class& event_class,
                                               const std::vector<std::shared_ptr<const cim::Class>>& targets,
                                               const CompileContext& context) {
  EventGroup group;
  group.within_seconds_ = clause.within_seconds;
  ASSIGN_OR_RETURN(group.aggregate_class_, context.classes->Find(event_class.name_space(), "__AggregateEvent"));
  for (const PropertyName& name : clause.by) {
    Part part;
    part.property = name.parts.back();
    bool known = false;
    if (name.parts.size() == 2 && !targets.empty()) {
      const bool target = absl::EqualsIgnoreCase(name.parts[0], "TargetInstance");
      part.from = target ? OperandSource::From::kTarget : OperandSource::From::kPrevious;
      known = (target || absl::EqualsIgnoreCase(name.parts[0], "PreviousInstance")) &&
              std::any_of(targets.begin(), targets.end(), [&](const auto& cls) { return Has(*cls, part.property); });
    } else if (name.parts.size() == 1) {
      known = Has(event_class, part.property);
      const int slot = event_class.FindProperty(part.property);
      if (slot >= 0 && event_class.properties()[static_cast<size_t>(slot)].type == cim::CimType::kObject) {
        return QueryError(query_text, name.offset,
                          absl::StrCat(name.Text(), " is an object; group by one of its properties, such as ",
                                       name.Text(), ".__PATH"));
      }
    }
    if (!known) {
      return QueryError(
          query_text, name.offset,
          absl::StrCat("events of ", event_class.name(), " have no property '", name.Text(), "' to group by"));
    }
    group.parts_.push_back(std::move(part));
  }
  if (clause.having.has_value()) {
    Scope scope;
    scope.row = group.aggregate_class_.get();
    ASSIGN_OR_RETURN(group.having_, CompileFilter(*clause.having, query_text, scope, context));
  }
  return group;
}

std::string EventGroup::KeyOf(const Frame& frame) const {
  std::string key;
  for (const Part& part : parts_) {
    const cim::Instance* instance = part.from == OperandSource::From::kRow      ? frame.row
                                    : part.from == OperandSource::From::kTarget ? frame.target
                                                                                : frame.previous;
    std::string text;
    if (instance != nullptr && TextOf(*instance, part.property, &text)) {
      absl::StrAppend(&key, text.size(), ":", text);
    } else {
      key.push_back('-');
    }
  }
  return key;
}

}  // namespace cimvisor::wql
