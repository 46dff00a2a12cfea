#include "service/wql/literal.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/cim/object_path.h"
#include "service/cim/status_macros.h"
#include "service/wql/compare.h"

namespace cimvisor::wql {
namespace {

std::string Shown(const cim::Value& literal) { return absl::StrCat("'", literal.ToText().substr(0, 80), "'"); }

absl::StatusOr<cim::Value> PathLiteral(const cim::Value& literal) {
  if (literal.type() != cim::CimType::kString)
    return absl::InvalidArgumentError(absl::StrCat(Shown(literal), " is no object path"));
  std::string text = literal.string();
  // A client that forgets to double the backslashes of \\HOST\... has lost one of the first two.
  if (absl::StartsWith(text, "\\") && !absl::StartsWith(text, "\\\\")) text.insert(text.begin(), '\\');
  absl::StatusOr<cim::ObjectPath> path = cim::ObjectPath::Parse(text);
  if (!path.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(Shown(literal), " is no object path: ", path.status().message()));
  }
  return cim::Value::Reference(*std::move(path));
}

absl::StatusOr<cim::Value> NumberLiteral(const cim::Value& literal, cim::CimType type) {
  if (FamilyOf(literal.type()) == Family::kNumber) return literal;
  if (literal.type() == cim::CimType::kString) {
    const std::string& text = literal.string();
    if (type == cim::CimType::kChar16 && text.size() == 1 && (text[0] & 0x80) == 0)
      return cim::Value::Unsigned(type, static_cast<unsigned char>(text[0]));
    for (const cim::CimType wide : {cim::CimType::kSint64, cim::CimType::kUint64, cim::CimType::kReal64}) {
      absl::StatusOr<cim::Value> number = literal.Coerce(wide, false);
      if (number.ok() && !number->is_null()) return number;
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(Shown(literal), " is no number"));
}

absl::StatusOr<cim::Value> BooleanLiteral(const cim::Value& literal) {
  if (literal.type() == cim::CimType::kBoolean) return literal;
  const std::string text = literal.ToText();
  if (absl::EqualsIgnoreCase(text, "true") || text == "1") return cim::Value::Boolean(true);
  if (absl::EqualsIgnoreCase(text, "false") || text == "0") return cim::Value::Boolean(false);
  return absl::InvalidArgumentError(absl::StrCat(Shown(literal), " is neither TRUE nor FALSE"));
}

}  // namespace

absl::StatusOr<cim::Value> LiteralFor(const cim::Value& literal, cim::CimType type, SystemProperty system) {
  if (system == SystemProperty::kPath || system == SystemProperty::kRelativePath) return PathLiteral(literal);
  switch (FamilyOf(type)) {
    case Family::kNumber:
      return NumberLiteral(literal, type);
    case Family::kText:
      if (literal.type() == cim::CimType::kString) return literal;
      return cim::Value::String(literal.ToText());
    case Family::kBoolean:
      return BooleanLiteral(literal);
    case Family::kTime: {
      if (literal.type() == cim::CimType::kDateTime) return literal;
      const absl::StatusOr<cim::DateTime> time = cim::DateTime::Parse(literal.ToText());
      if (time.ok()) return cim::Value::Time(*time);
      return absl::InvalidArgumentError(
          absl::StrCat(Shown(literal), " is no datetime (yyyymmddhhmmss.mmmmmm+utc): ", time.status().message()));
    }
    case Family::kReference:
      return PathLiteral(literal);
    case Family::kObject:
      break;
  }
  return absl::InvalidArgumentError("an object cannot be compared");
}

}  // namespace cimvisor::wql
