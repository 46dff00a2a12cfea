#include "service/cim/system_properties.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "service/cim/object_path.h"

namespace cimvisor::cim {
namespace {

// In the order of the enumeration.
constexpr SystemPropertyRow kRows[] = {
    {SystemProperty::kClass, "__CLASS"},
    {SystemProperty::kDerivation, "__DERIVATION", CimType::kString, true},
    {SystemProperty::kDynasty, "__DYNASTY"},
    {SystemProperty::kGenus, "__GENUS", CimType::kSint32},
    {SystemProperty::kNamespace, "__NAMESPACE"},
    {SystemProperty::kPath, "__PATH"},
    {SystemProperty::kPropertyCount, "__PROPERTY_COUNT", CimType::kSint32},
    {SystemProperty::kRelativePath, "__RELPATH"},
    {SystemProperty::kServer, "__SERVER"},
    {SystemProperty::kSuperclass, "__SUPERCLASS"},
};
constexpr int64_t kGenusClass = 1;
constexpr int64_t kGenusInstance = 2;

Value Text(absl::string_view text) { return Value::String(std::string(text)); }

Value DerivationOf(const Class& cls) {
  std::vector<Value> names;
  for (std::string& name : cls.Derivation()) names.push_back(Value::String(std::move(name)));
  return Value::Array(CimType::kString, std::move(names));
}

std::string NamespaceText(const Class& cls) {
  std::string text = cls.name_space();
  std::replace(text.begin(), text.end(), '/', '\\');
  return text;
}

// What does not depend on whether it is a class or an instance of it.
Value ValueOfClass(SystemProperty property, const Class& cls, absl::string_view server) {
  switch (property) {
    case SystemProperty::kClass:
      return Text(cls.name());
    case SystemProperty::kDerivation:
      return DerivationOf(cls);
    case SystemProperty::kDynasty: {
      const Class* root = &cls;
      while (root->superclass() != nullptr) root = root->superclass();
      return Text(root->name());
    }
    case SystemProperty::kNamespace:
      return Value::String(NamespaceText(cls));
    case SystemProperty::kPropertyCount:
      return Value::Signed(CimType::kSint32, static_cast<int64_t>(cls.properties().size()));
    case SystemProperty::kServer:
      return Text(server);
    case SystemProperty::kSuperclass:
      return cls.superclass() == nullptr ? Value::Null(CimType::kString) : Text(cls.superclass()->name());
    case SystemProperty::kNone:
    case SystemProperty::kGenus:
    case SystemProperty::kPath:
    case SystemProperty::kRelativePath:
      break;
  }
  return Value::Null(CimType::kString);
}

}  // namespace

absl::Span<const SystemPropertyRow> SystemProperties() { return kRows; }

const SystemPropertyRow* FindSystemProperty(absl::string_view name) {
  if (!absl::StartsWith(name, "__")) return nullptr;
  for (const SystemPropertyRow& row : kRows) {
    if (absl::EqualsIgnoreCase(row.name, name)) return &row;
  }
  return nullptr;
}

const SystemPropertyRow& RowOf(SystemProperty property) { return kRows[static_cast<size_t>(property) - 1]; }

Value SystemValue(SystemProperty property, const Instance& instance, absl::string_view server) {
  switch (property) {
    case SystemProperty::kGenus:
      return Value::Signed(CimType::kSint32, kGenusInstance);
    case SystemProperty::kPath:
    case SystemProperty::kRelativePath: {
      const ObjectPath path = instance.Path();
      if (path.is_class()) return Value::Null(CimType::kString);
      return Value::String(property == SystemProperty::kPath ? path.FullText(server) : path.RelativeText());
    }
    default:
      return ValueOfClass(property, instance.cls(), server);
  }
}

Value SystemValue(SystemProperty property, const Class& cls, absl::string_view server) {
  switch (property) {
    case SystemProperty::kGenus:
      return Value::Signed(CimType::kSint32, kGenusClass);
    case SystemProperty::kPath:
      return Value::String(ObjectPath(cls.name_space(), cls.name()).FullText(server));
    case SystemProperty::kRelativePath:
      return Text(cls.name());
    default:
      return ValueOfClass(property, cls, server);
  }
}

}  // namespace cimvisor::cim
