#include "service/wql/ast.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace cimvisor::wql {
namespace {

std::string OperandText(const Operand& operand) {
  if (const PropertyName* name = std::get_if<PropertyName>(&operand)) return name->Text();
  const cim::Value& value = std::get<Literal>(operand).value;
  if (value.is_null()) return "NULL";
  if (value.type() != cim::CimType::kString) return value.ToText();
  std::string text = "'";
  for (const char c : value.string()) {
    if (c == '\'' || c == '\\') text.push_back('\\');
    text.push_back(c);
  }
  text.push_back('\'');
  return text;
}

}  // namespace

std::string PropertyName::Text() const { return absl::StrJoin(parts, "."); }

absl::string_view ComparisonText(Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual:
      return "=";
    case Comparison::kNotEqual:
      return "<>";
    case Comparison::kLess:
      return "<";
    case Comparison::kGreater:
      return ">";
    case Comparison::kLessOrEqual:
      return "<=";
    case Comparison::kGreaterOrEqual:
      return ">=";
    case Comparison::kLike:
      return "LIKE";
    case Comparison::kIsA:
      return "ISA";
  }
  return "?";
}

std::string Expression::Text() const {
  switch (kind) {
    case Kind::kAnd:
    case Kind::kOr:
      return absl::StrCat("(",
                          absl::StrJoin(children, kind == Kind::kAnd ? " AND " : " OR ",
                                        [](std::string* out, const Expression& child) { out->append(child.Text()); }),
                          ")");
    case Kind::kNot:
      return absl::StrCat("NOT ", children.front().Text());
    case Kind::kIsNull:
      return absl::StrCat(OperandText(left), negated ? " IS NOT NULL" : " IS NULL");
    case Kind::kCompare:
      return absl::StrCat(OperandText(left), " ", ComparisonText(comparison), " ", OperandText(right));
  }
  return "";
}

bool SelectQuery::IsSchemaQuery() const { return absl::EqualsIgnoreCase(class_name, "meta_class"); }

bool SelectQuery::IsEventQuery() const {
  return within_seconds.has_value() || group.has_value() ||
         (absl::StartsWith(class_name, "__") && absl::EndsWithIgnoreCase(class_name, "Event"));
}

}  // namespace cimvisor::wql
