#include "service/text/mof_instance.h"

#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"
#include "service/text/embedded_text.h"

namespace cimvisor::text {
namespace {

using InstancePointer = std::shared_ptr<const cim::Instance>;

class InstanceBuilder {
 public:
  // `depth`: how deep the instances stand within others.
  InstanceBuilder(const cim::ClassRepository& repository, bool with_defaults, int depth)
      : repository_(repository), with_defaults_(with_defaults), outer_depth_(depth) {}

  absl::Status DeclareAlias(const MofInstance& instance) {
    if (instance.alias.empty()) return absl::OkStatus();
    if (!aliases_.emplace(absl::AsciiStrToLower(instance.alias), &instance).second) {
      return MofError(instance.file, instance.position, absl::StrCat("the alias ", instance.alias, " is given twice"));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<InstancePointer> Build(const MofInstance& declared, absl::string_view name_space) {
    return BuildAt(declared, name_space, outer_depth_);
  }

 private:
  absl::StatusOr<InstancePointer> BuildAt(const MofInstance& declared, absl::string_view name_space, int depth) {
    absl::StatusOr<std::shared_ptr<const cim::Class>> cls = repository_.Find(name_space, declared.class_name);
    if (!cls.ok()) return At(declared, declared.position, cls.status());
    auto instance = std::make_shared<cim::Instance>(*std::move(cls), with_defaults_);
    for (const MofPropertyValue& property : declared.properties) {
      int slot = instance->cls().FindProperty(property.name);
      if (slot >= 0 && instance->IsMentioned(slot)) {
        return MofError(declared.file, property.position,
                        absl::StrCat("the property ", property.name, " is given twice"));
      }
      ASSIGN_OR_RETURN(cim::Value value, Evaluate(declared, property.initializer, name_space, depth));
      if (slot >= 0 && IsEmbedded(instance->cls().properties()[static_cast<size_t>(slot)])) {
        absl::StatusOr<cim::Value> read = ReadTexts(std::move(value), name_space, depth);
        if (!read.ok()) return At(declared, property.position, read.status());
        value = *std::move(read);
      }
      absl::Status set = instance->Set(property.name, value);
      if (!set.ok()) return At(declared, property.position, set);
    }
    return InstancePointer(std::move(instance));
  }

  static bool IsEmbedded(const cim::Property& property) {
    return property.type == cim::CimType::kObject || !property.embedded_class.empty();
  }

  // WMI writes an embedded instance as a string that holds its text.
  absl::StatusOr<cim::Value> ReadTexts(cim::Value value, absl::string_view name_space, int depth) {
    if (value.is_null()) return value;
    if (value.is_array()) {
      std::vector<cim::Value> elements;
      elements.reserve(value.elements().size());
      for (const cim::Value& element : value.elements()) {
        ASSIGN_OR_RETURN(cim::Value read, ReadTexts(element, name_space, depth));
        elements.push_back(std::move(read));
      }
      return cim::Value::Array(cim::CimType::kObject, std::move(elements));
    }
    if (value.type() != cim::CimType::kString) return value;
    if (absl::StripAsciiWhitespace(value.string()).empty()) return cim::Value::Null(cim::CimType::kObject);
    ASSIGN_OR_RETURN(InstancePointer instance, ReadEmbeddedText(value.string(), repository_, name_space, depth + 1));
    return cim::Value::Object(std::move(instance));
  }

  static absl::Status At(const MofInstance& declared, MofPosition position, const absl::Status& status) {
    return cim::WithContext(status, absl::StrCat(declared.file, ":", position.line, ":", position.column, ": "));
  }

  absl::StatusOr<cim::Value> Evaluate(const MofInstance& declared, const MofInitializer& initializer,
                                      absl::string_view name_space, int depth) {
    if (initializer.instance != nullptr) {
      ASSIGN_OR_RETURN(InstancePointer embedded, BuildAt(*initializer.instance, name_space, depth + 1));
      return cim::Value::Object(std::move(embedded));
    }
    if (!initializer.alias.empty()) return EvaluateAlias(declared, initializer);
    if (initializer.elements.empty()) return initializer.value;
    std::vector<cim::Value> values;
    values.reserve(initializer.elements.size());
    cim::CimType type = cim::CimType::kString;
    for (const MofInitializer& element : initializer.elements) {
      ASSIGN_OR_RETURN(cim::Value value, Evaluate(declared, element, name_space, depth));
      if (!value.is_null() && type != cim::CimType::kObject) type = value.type();
      values.push_back(std::move(value));
    }
    return cim::Value::Array(type, std::move(values));
  }

  // The path of the instance that has the alias. It is built for its keys; a chain of aliases that leads back to
  // itself has no end and is refused.
  absl::StatusOr<cim::Value> EvaluateAlias(const MofInstance& declared, const MofInitializer& initializer) {
    auto found = aliases_.find(absl::AsciiStrToLower(initializer.alias));
    if (found == aliases_.end()) {
      return MofError(declared.file, initializer.position,
                      absl::StrCat("no instance has the alias ", initializer.alias));
    }
    if (alias_depth_ == kDeepestAlias) {
      return MofError(declared.file, initializer.position,
                      absl::StrCat("the alias ", initializer.alias, " leads through more than ", kDeepestAlias,
                                   " others, or back to itself"));
    }
    ++alias_depth_;
    absl::StatusOr<InstancePointer> target = Build(*found->second, found->second->name_space);
    --alias_depth_;
    if (!target.ok()) return target.status();
    return cim::Value::Reference((*target)->Path());
  }

  static constexpr int kDeepestAlias = 4;

  const cim::ClassRepository& repository_;
  const bool with_defaults_;
  const int outer_depth_;
  absl::flat_hash_map<std::string, const MofInstance*> aliases_;  // by lower-case alias
  int alias_depth_ = 0;
};

}  // namespace

MofLimits EmbeddedInstanceLimits() {
  MofLimits limits;
  limits.bytes = 1 << 20;
  limits.instance_depth = kDeepestInstance;
  limits.array_elements = 4096;
  return limits;
}

absl::StatusOr<InstancePointer> ParseInstanceMof(absl::string_view text, const cim::ClassRepository& repository,
                                                 absl::string_view name_space) {
  return ReadEmbeddedMof(text, repository, name_space, 0);
}

absl::StatusOr<InstancePointer> ReadEmbeddedMof(absl::string_view text, const cim::ClassRepository& repository,
                                                absl::string_view name_space, int depth) {
  MofLimits limits = EmbeddedInstanceLimits();
  limits.instance_depth = kDeepestInstance - depth;
  MofSource source = {"embedded instance", std::string(text.substr(0, limits.bytes + 1))};
  ASSIGN_OR_RETURN(MofDocument document, ParseMof(source, name_space, nullptr, limits));
  if (document.instances.size() != 1 || !document.classes.empty() || !document.qualifiers.empty()) {
    return MofError(source.file, MofPosition(),
                    absl::StrCat("expected one 'instance of CLASS { … };' and nothing else, found ",
                                 document.instances.size(), " instances, ", document.classes.size(), " classes and ",
                                 document.qualifiers.size(), " qualifiers"));
  }
  InstanceBuilder builder(repository, /*with_defaults=*/false, depth);
  return builder.Build(document.instances[0], name_space);
}

absl::StatusOr<std::vector<InstancePointer>> BuildInstances(const MofDocument& document,
                                                            const cim::ClassRepository& repository) {
  InstanceBuilder builder(repository, /*with_defaults=*/true, 0);
  for (const MofInstance& declared : document.instances) RETURN_IF_ERROR(builder.DeclareAlias(declared));
  std::vector<InstancePointer> instances;
  instances.reserve(document.instances.size());
  for (const MofInstance& declared : document.instances) {
    ASSIGN_OR_RETURN(InstancePointer instance, builder.Build(declared, declared.name_space));
    instances.push_back(std::move(instance));
  }
  return instances;
}

}  // namespace cimvisor::text
