#include "providers/codegen/generator/wrapper_writer.h"

#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "providers/codegen/generator/cpp_type.h"
#include "providers/codegen/generator/names.h"
#include "service/cim/status_macros.h"

namespace cimvisor::codegen {
namespace {

// The names that a wrapper's members take, so that a clash is an error here and not in the compiler.
class NameGuard {
 public:
  explicit NameGuard(const cim::Class& cls) : class_name_(cls.name()) {}

  absl::Status Take(const std::string& name) {
    if (names_.insert(name).second) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("class ", class_name_, ": two members would be called ", name, " in C++"));
  }

 private:
  std::string class_name_;
  absl::flat_hash_set<std::string> names_;
};

// The integers of a value map become an enum class of their own where the class itself declares the map.
std::string TakeEnum(Element* element, const std::vector<cim::Qualifier>& declared, absl::string_view indent) {
  Enumerators enumerators = EnumeratorsOf(element->type, declared);
  if (enumerators.empty()) return "";
  element->enum_name = EnumName(element->name);
  return EnumText(element->enum_name, element->type, enumerators, indent);
}

// An overriding property without a value map of its own needs no new accessors.
bool NeedsAccessors(const cim::Class& cls, const cim::Property& declared) {
  const cim::Class* superclass = cls.superclass();
  return superclass == nullptr || superclass->FindProperty(declared.name) < 0 ||
         !EnumeratorsOf(declared.type, declared.qualifiers).empty();
}

absl::StatusOr<std::string> PropertyText(const cim::Class& cls, const cim::Property& declared, NameGuard* names) {
  int slot = cls.FindProperty(declared.name);
  const cim::Property& property = cls.properties()[static_cast<size_t>(slot)];
  Element element = ElementOf(property);
  std::string slot_name = SlotName(property.name);
  RETURN_IF_ERROR(names->Take(slot_name));
  RETURN_IF_ERROR(names->Take(AccessorName(property.name)));
  std::string text = absl::StrCat("\n  static constexpr int ", slot_name, " = ", slot, ";\n");
  absl::StrAppend(&text, TakeEnum(&element, declared.qualifiers, "  "));
  if (!element.enum_name.empty()) RETURN_IF_ERROR(names->Take(element.enum_name));
  absl::StrAppend(&text, GetterText(element, slot_name, "  "), SetterText(element, slot_name, "  "));
  return text;
}

absl::StatusOr<std::string> MethodText(const cim::Class& cls, const cim::Method& declared, NameGuard* names) {
  const cim::Method& method = *cls.FindMethod(declared.name);
  RETURN_IF_ERROR(names->Take(method.name));
  std::string text =
      absl::StrCat("\n  struct ", method.name, " {\n    static constexpr char kName[] = \"", method.name, "\";\n");
  Enumerators codes = EnumeratorsOf(method.return_type, method.qualifiers);
  if (!codes.empty()) absl::StrAppend(&text, EnumText("ReturnCode", method.return_type, codes, "    "));
  std::string in = "    class In : public InParameters {\n     public:\n      using InParameters::InParameters;\n";
  std::string out = absl::StrCat("    class Out : public OutParameters {\n     public:\n      Out() : OutParameters(",
                                 method.parameters.size(), ") {}\n");
  for (size_t place = 0; place < method.parameters.size(); ++place) {
    const cim::Parameter& parameter = method.parameters[place];
    Element element = ElementOf(parameter);
    absl::StrAppend(&text, TakeEnum(&element, parameter.qualifiers, "    "));
    if (parameter.is_in) absl::StrAppend(&in, GetterText(element, absl::StrCat(place), "      "));
    if (parameter.is_out) absl::StrAppend(&out, SetterText(element, absl::StrCat(place), "      "));
  }
  return absl::StrCat(text, in, "    };\n", out, "    };\n  };\n");
}

}  // namespace

absl::StatusOr<std::string> WrapperText(const cim::Class& cls) {
  std::string name = WrapperName(cls.name());
  std::string base = cls.superclass() == nullptr ? "TypedInstance" : WrapperName(cls.superclass()->name());
  NameGuard names(cls);
  RETURN_IF_ERROR(names.Take(name));
  std::string text = absl::StrCat("class ", name, " : public ", base, " {\n public:\n");
  absl::StrAppend(&text, "  static constexpr char kClassName[] = \"", cls.name(), "\";\n");
  absl::StrAppend(&text, "  static constexpr char kNamespace[] = \"", cls.name_space(), "\";\n\n");
  absl::StrAppend(&text, "  using ", base, "::", base, ";\n");
  absl::StrAppend(&text, "  static ", name, " View(const cim::Instance& instance) { return ", name,
                  "(Borrowed{instance}); }\n");
  for (const cim::Property& property : cls.declaration().properties) {
    if (!NeedsAccessors(cls, property)) continue;
    ASSIGN_OR_RETURN(std::string property_text, PropertyText(cls, property, &names));
    text += property_text;
  }
  for (const cim::Method& method : cls.declaration().methods) {
    ASSIGN_OR_RETURN(std::string method_text, MethodText(cls, method, &names));
    text += method_text;
  }
  return absl::StrCat(text, "};\n");
}

}  // namespace cimvisor::codegen
