// The class repository, as it is loaded, against the facts that the schema was written from: class by class, and no
// difference but what facts/corrections.json names and what is ours (classes and qualifiers with the prefix Cimvisor_).
#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "providers/codegen/schema.h"
#include "service/cim/class_repository.h"

namespace cimvisor::schema {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kNamespace[] = "root/virtualization/v2";

Json ReadFacts(const std::string& name) {
  std::ifstream stream("providers/schema/facts/" + name);
  return Json::parse(stream);
}

std::string Text(const Json& fact, const char* key) {
  const auto found = fact.find(key);
  return found == fact.end() || !found->is_string() ? "" : found->get<std::string>();
}

bool Flag(const Json& fact, const char* key, bool otherwise = false) {
  const auto found = fact.find(key);
  return found == fact.end() || !found->is_boolean() ? otherwise : found->get<bool>();
}

void Correct(const Json& correction, Json& owner) {
  Json* elements = &owner["properties"];
  std::string name = Text(correction, "property");
  if (correction.contains("method")) {
    name = Text(correction, "parameter");
    for (Json& method : owner["methods"]) {
      if (Text(method, "name") == Text(correction, "method")) elements = &method["params"];
    }
  }
  int found = 0;
  for (size_t i = elements->size(); i-- > 0;) {
    Json& fact = (*elements)[i];
    if (Text(fact, "name") != name) continue;
    if (!correction.contains("remove")) {
      fact.update(correction["set"]);
      ++found;
    } else if (Text(fact, "cimtype") == Text(correction["remove"], "cimtype")) {
      elements->erase(i);
      ++found;
    }
  }
  EXPECT_EQ(found, 1) << correction;
}

// The type of a fact as "uint16[]", "CIM_Job ref" or "object(__Event)", and of what was loaded.
std::string FactType(const Json& fact) {
  const std::string kind = Text(fact, "cimtype");
  const std::string array = Flag(fact, "array") ? "[]" : "";
  if (absl::StartsWith(kind, "reference:")) return absl::StrCat(kind.substr(10), " ref", array);
  if (absl::StartsWith(kind, "object:")) return absl::StrCat("object(", kind.substr(7), ")", array);
  const std::string embedded =
      fact.contains("embedded_in_mof_text") ? Text(fact, "embedded_in_mof_text") : Text(fact, "embedded");
  return absl::StrCat(kind, embedded.empty() ? "" : absl::StrCat("(", embedded, ")"), array);
}

template <typename Element>
std::string LoadedType(const Element& element) {
  const std::string array = element.is_array ? "[]" : "";
  if (element.type == cim::CimType::kReference) return absl::StrCat(element.reference_class, " ref", array);
  return absl::StrCat(cim::CimTypeName(element.type),
                      element.embedded_class.empty() ? "" : absl::StrCat("(", element.embedded_class, ")"), array);
}

// A value map as "2=Enabled, 3=Disabled".
std::string FactValues(const Json& owner) {
  const auto values = owner.find("values");
  if (values == owner.end() || !values->is_object()) return "";
  std::vector<std::string> pairs;
  for (const auto& [number, label] : values->items()) {
    std::string text = label.is_string() ? label.get<std::string>() : label.dump();
    if (absl::StartsWith(text, "//")) text = text.substr(text.find(' ') + 1);  // a comment of the page
    pairs.push_back(absl::StrCat(number, "=", text));
  }
  return absl::StrJoin(pairs, ", ");
}

std::string LoadedValues(const std::vector<cim::Qualifier>& qualifiers) {
  const cim::Qualifier* map = cim::FindQualifier(qualifiers, "ValueMap");
  const cim::Qualifier* values = cim::FindQualifier(qualifiers, "Values");
  if (map == nullptr || values == nullptr) return map == values ? "" : "one of ValueMap and Values is missing";
  std::vector<std::string> pairs;
  for (size_t i = 0; i < std::max(map->value.elements().size(), values->value.elements().size()); ++i) {
    if (i >= map->value.elements().size() || i >= values->value.elements().size()) return "of different lengths";
    pairs.push_back(absl::StrCat(map->value.elements()[i].ToText(), "=", values->value.elements()[i].ToText()));
  }
  return absl::StrJoin(pairs, ", ");
}

// What the page's default is as a value of the type; null where it gives none, or only a form or words.
cim::Value FactDefault(const Json& fact, cim::CimType type, bool is_array) {
  const cim::Value none = cim::Value::Null(type, is_array);
  absl::string_view text;
  const std::string written = fact.contains("default") && !fact["default"].is_null()
                                  ? (fact["default"].is_string() ? Text(fact, "default") : fact["default"].dump())
                                  : "";
  text = absl::StripAsciiWhitespace(written);
  const bool is_form = absl::StrContains(text, "GUID") || absl::StartsWith(text, "\"root\\");
  if (text.empty() || is_form) return none;
  if (is_array && text == "{}") return cim::Value::Array(type, {});
  const bool is_quoted = absl::ConsumePrefix(&text, "\"") && absl::ConsumeSuffix(&text, "\"");
  if (type == cim::CimType::kString && !is_quoted) return none;
  const bool is_list =
      type != cim::CimType::kString && absl::ConsumePrefix(&text, "{") && absl::ConsumeSuffix(&text, "}");
  if (is_list && !is_array) return none;
  if (type != cim::CimType::kString) text = absl::StripAsciiWhitespace(text);
  const auto value = cim::Value::String(std::string(text)).Coerce(type, false);
  if (!value.ok()) return none;
  return is_array ? cim::Value::Array(type, {*value}) : *value;
}

class SchemaFactsTest : public testing::Test {
 protected:
  void SetUp() override {
    const absl::Status loaded = LoadSchema(&classes_);
    ASSERT_TRUE(loaded.ok()) << loaded;
    facts_ = ReadFacts("virtualization_v2.json");
    for (size_t i = 0; i < facts_.size(); ++i) places_[Text(facts_[i], "name")] = i;
    for (const Json& correction : ReadFacts("corrections.json")) {
      ASSERT_TRUE(places_.count(Text(correction, "class")));
      Correct(correction, facts_[places_[Text(correction, "class")]]);
    }
  }

  void CheckProperty(const cim::Class& cls, const Json& fact, bool is_own) {
    const std::string name = Text(fact, "name");
    SCOPED_TRACE(name);
    const int slot = cls.FindProperty(name);
    ASSERT_GE(slot, 0);
    const cim::Property& property = cls.properties()[static_cast<size_t>(slot)];
    if (is_own) {
      EXPECT_EQ(property.name, name);
      EXPECT_EQ(LoadedType(property), FactType(fact));
      EXPECT_EQ(property.is_write, !Flag(fact, "read_only", true));
    } else if (fact.contains("read_only")) {
      EXPECT_EQ(property.is_write, !Flag(fact, "read_only"));
    }
    if (is_own || fact.contains("values")) {
      EXPECT_TRUE(ValuesAgree(cls, property, fact))
          << FactValues(fact) << "; loaded: " << LoadedValues(property.qualifiers);
    }
    const cim::Value expected = FactDefault(fact, property.type, property.is_array);
    if (!expected.is_null() && !property.is_key) {
      EXPECT_EQ(property.default_value, expected)
          << expected.ToText() << "; loaded: " << property.default_value.ToText();
    } else if (is_own) {
      for (const cim::Property& declared : cls.declaration().properties) {
        EXPECT_TRUE(declared.name != name || declared.default_value.is_null()) << declared.default_value.ToText();
      }
    }
  }

  // A fact without values has those of the property that it overrides.
  bool ValuesAgree(const cim::Class& cls, const cim::Property& property, const Json& fact) {
    const std::string loaded = LoadedValues(property.qualifiers);
    if (loaded == FactValues(fact)) return true;
    if (fact.contains("values") || cls.superclass() == nullptr) return HasStatesOfMachines(cls, property);
    const int inherited = cls.superclass()->FindProperty(property.name);
    return inherited >= 0 &&
           loaded == LoadedValues(cls.superclass()->properties()[static_cast<size_t>(inherited)].qualifiers);
  }

  // The states of a machine stand in wellknown.json, with more than the page's subset.
  bool HasStatesOfMachines(const cim::Class& cls, const cim::Property& property) {
    if (cls.name() != "Msvm_ComputerSystem") return false;
    const Json states = ReadFacts("wellknown.json")["vm_states_v2"];
    if (!states.contains(property.name)) return false;
    const cim::Qualifier* map = cim::FindQualifier(property.qualifiers, "ValueMap");
    std::set<std::string> numbers;
    for (const cim::Value& number : map->value.elements()) numbers.insert(number.ToText());
    for (const auto& [number, label] : states[property.name].items()) {
      if (numbers.count(number) == 0) return false;
    }
    return numbers.size() == states[property.name].size();
  }

  void CheckMethod(const cim::Class& cls, const Json& fact) {
    const std::string name = Text(fact, "name");
    SCOPED_TRACE(name);
    const cim::Method* method = cls.FindMethod(name);
    ASSERT_NE(method, nullptr);
    EXPECT_EQ(method->name, name);
    EXPECT_EQ(method->is_static, Flag(fact, "static"));
    EXPECT_EQ(cim::CimTypeName(method->return_type), Text(fact["return"], "type"));
    if (!FactValues(fact["return"]).empty()) {
      EXPECT_EQ(LoadedValues(method->qualifiers), FactValues(fact["return"]));
    }
    const Json& parameters = fact["params"];
    ASSERT_EQ(method->parameters.size(), parameters.size());
    for (size_t i = 0; i < parameters.size(); ++i) {
      const cim::Parameter& parameter = method->parameters[i];
      const std::string direction = Text(parameters[i], "in/out");
      EXPECT_EQ(parameter.name, Text(parameters[i], "name"));
      if (!IsEmbeddedInBase(cls, *method, parameter) || parameters[i].contains("embedded")) {
        EXPECT_EQ(LoadedType(parameter), FactType(parameters[i])) << parameter.name;
      }
      EXPECT_EQ(parameter.is_in, direction != "out") << parameter.name;
      EXPECT_EQ(parameter.is_out, direction != "in") << parameter.name;
      if (parameters[i].contains("values")) {
        EXPECT_EQ(LoadedValues(parameter.qualifiers), FactValues(parameters[i])) << parameter.name;
      }
    }
  }

  // A page may leave out what the parameter of the overridden method embeds; it is inherited.
  static bool IsEmbeddedInBase(const cim::Class& cls, const cim::Method& method, const cim::Parameter& parameter) {
    const cim::Method* base = cls.superclass() == nullptr ? nullptr : cls.superclass()->FindMethod(method.name);
    if (base == nullptr) return false;
    return std::any_of(base->parameters.begin(), base->parameters.end(), [&](const cim::Parameter& other) {
      return other.name == parameter.name && other.type == parameter.type && !other.embedded_class.empty() &&
             other.embedded_class == parameter.embedded_class;
    });
  }

  // The names that the facts give a class, its superclasses' included: what they list as effective leaves some out.
  std::set<std::string> NamesOf(const Json& fact, const char* members, const char* effective) {
    std::set<std::string> names;
    for (const Json& name : fact[effective]) {
      const std::string text = name.get<std::string>();
      names.insert(text.substr(0, text.find('@')));
    }
    const Json* declarer = &fact;
    while (true) {
      for (const Json& member : (*declarer)[members]) names.insert(Text(member, "name"));
      const auto place = places_.find(Text(*declarer, "superclass"));
      if (place == places_.end()) return names;
      declarer = &facts_[place->second];
    }
  }

  // Everything that the class has, inherited or not: none too few, none too many.
  void CheckEffective(const cim::Class& cls, const Json& fact) {
    std::set<std::string> properties;
    for (const cim::Property& property : cls.properties()) properties.insert(property.name);
    if (cls.IsA("__Event")) {
      for (const cim::Property& property : (*classes_.Find(kNamespace, "__ExtrinsicEvent"))->properties()) {
        properties.erase(property.name);
      }
    }
    EXPECT_EQ(properties, NamesOf(fact, "properties", "effective_properties"));
    std::set<std::string> methods;
    for (const cim::Method& method : cls.methods()) methods.insert(method.name);
    EXPECT_EQ(methods, NamesOf(fact, "methods", "effective_methods"));
    std::set<std::string> keys;
    for (const int slot : cls.key_slots()) keys.insert(cls.properties()[static_cast<size_t>(slot)].name);
    EXPECT_EQ(keys, fact["key_properties"].get<std::set<std::string>>());
  }

  void CheckClass(const Json& fact) {
    const auto found = classes_.Find(kNamespace, Text(fact, "name"));
    ASSERT_TRUE(found.ok()) << found.status();
    const cim::Class& cls = **found;
    EXPECT_EQ(cls.name(), Text(fact, "name"));
    EXPECT_EQ(cls.superclass() == nullptr ? "" : cls.superclass()->name(), Text(fact, "superclass"));
    EXPECT_EQ(cls.is_abstract(), Flag(fact, "abstract"));
    EXPECT_EQ(cls.is_association(), Text(fact, "kind") == "association");
    // What derives from an indication is one (DSP0004 §5.6.3.23): Msvm_Error too, whose page does not say so.
    const bool inherits_indication = cls.superclass() != nullptr && cls.superclass()->is_indication();
    EXPECT_EQ(cls.is_indication(), Text(fact, "kind") == "indication" || inherits_indication);
    CheckEffective(cls, fact);
    for (const Json& property : fact["properties"]) CheckProperty(cls, property, true);
    if (fact.contains("inherited_notes")) {
      for (const Json& note : fact["inherited_notes"]) CheckProperty(cls, note, false);
    }
    for (const Json& method : fact["methods"]) CheckMethod(cls, method);
    for (const auto& [key, qualifier] : std::map<const char*, const char*>{{"uuid", "UUID"},
                                                                           {"extensionid", "ExtensionId"},
                                                                           {"interfaceversion", "InterfaceVersion"},
                                                                           {"interfacerevision", "InterfaceRevision"},
                                                                           {"displayname", "DisplayName"}}) {
      const cim::Qualifier* loaded = cim::FindQualifier(cls.qualifiers(), qualifier);
      EXPECT_EQ(loaded == nullptr ? "" : loaded->value.ToText(), Text(fact, key)) << qualifier;
    }
  }

  cim::ClassRepository classes_;
  Json facts_;
  std::map<std::string, size_t> places_;
};

TEST_F(SchemaFactsTest, EveryClassIsAsTheFactsSay) {
  EXPECT_EQ(facts_.size(), 446u);
  for (const Json& fact : facts_) {
    SCOPED_TRACE(Text(fact, "name"));
    CheckClass(fact);
  }
}

TEST_F(SchemaFactsTest, NothingElseIsThereButOurOwnAndTheSystemClasses) {
  for (const auto& cls : classes_.Classes(kNamespace)) {
    const bool is_ours = absl::StartsWith(cls->name(), "Cimvisor_") || absl::StartsWith(cls->name(), "__");
    EXPECT_TRUE(is_ours || places_.count(cls->name()) != 0) << cls->name();
  }
}

// The facts of the system classes come from a dump that shows no references, no datetimes and no classes of objects.
TEST_F(SchemaFactsTest, EverySystemClassIsInEveryNamespace) {
  const Json system = ReadFacts("wmi_system_classes.json");
  EXPECT_EQ(system.size(), 53u);
  for (const std::string& name_space : classes_.Namespaces()) {
    for (const Json& fact : system) {
      SCOPED_TRACE(absl::StrCat(name_space, ":", Text(fact, "name")));
      const auto cls = classes_.Find(name_space, Text(fact, "name"));
      ASSERT_TRUE(cls.ok()) << cls.status();
      EXPECT_EQ((*cls)->superclass() == nullptr ? "" : (*cls)->superclass()->name(), Text(fact, "superclass"));
      EXPECT_EQ((*cls)->declaration().properties.size(), fact["properties"].size());
      for (const Json& property : fact["properties"]) {
        const int slot = (*cls)->FindProperty(Text(property, "name"));
        ASSERT_GE(slot, 0) << property;
        const cim::Property& loaded = (*cls)->properties()[static_cast<size_t>(slot)];
        EXPECT_EQ(loaded.is_array, Flag(property, "array")) << property;
        const std::string type = Text(property, "cimtype");
        if (absl::StartsWith(type, "__")) {
          EXPECT_TRUE(absl::EqualsIgnoreCase(
              loaded.type == cim::CimType::kReference ? loaded.reference_class : loaded.embedded_class, type))
              << property;
        } else if (type == "string") {
          EXPECT_TRUE(loaded.type == cim::CimType::kString || loaded.type == cim::CimType::kDateTime) << property;
        } else if (type == "interface{}") {
          EXPECT_EQ(loaded.type, cim::CimType::kObject) << property;
        } else if (cim::CimTypeFromName(type).ok()) {
          EXPECT_EQ(cim::CimTypeName(loaded.type), type) << property;
        } else {
          EXPECT_EQ(loaded.type, cim::CimType::kSint32) << property;  // an enumeration of the dump
        }
      }
    }
  }
}

}  // namespace
}  // namespace cimvisor::schema
