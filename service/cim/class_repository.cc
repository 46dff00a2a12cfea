#include "service/cim/class_repository.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/cim/class_resolver.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"

namespace cimvisor::cim {
namespace {

using ClassMap = absl::flat_hash_map<std::string, std::shared_ptr<const Class>>;
using DeclarationMap = absl::flat_hash_map<std::string, ClassDeclaration>;

// An index into a class's members is held in 16 bits.
constexpr size_t kMostMembers = 65535;

template <typename Member>
std::vector<uint16_t> ByName(const SharedList<Member>& members) {
  std::vector<uint16_t> indexes(members.size());
  std::iota(indexes.begin(), indexes.end(), uint16_t{0});
  std::sort(indexes.begin(), indexes.end(),
            [&members](uint16_t a, uint16_t b) { return CompareNames(members[a].name, members[b].name) < 0; });
  return indexes;
}

// What it takes to have no keys: nothing of it is ever addressed by a path.
bool MayLackKeys(const Class& cls) {
  return cls.is_abstract() || cls.is_indication() || absl::StartsWith(cls.name(), "__") ||
         HasTrueQualifier(cls.qualifiers(), "Cimvisor_NoKeys");
}

absl::Status CheckClassName(const Class& cls, const ClassMap& classes, absl::string_view used_by,
                            absl::string_view name) {
  if (name.empty() || classes.contains(absl::AsciiStrToLower(name))) return absl::OkStatus();
  return DeclarationError(cls.declaration(),
                          absl::StrCat(used_by, " names the class ", name, ", which is not in ", cls.name_space()));
}

// Every class that a reference or an embedded instance names must be there.
absl::Status CheckNamedClasses(const Class& cls, const ClassMap& classes) {
  for (const Property& property : cls.declaration().properties) {
    const Property& resolved = cls.properties()[static_cast<size_t>(cls.FindProperty(property.name))];
    std::string used_by = absl::StrCat("property ", property.name);
    RETURN_IF_ERROR(CheckClassName(cls, classes, used_by, resolved.reference_class));
    RETURN_IF_ERROR(CheckClassName(cls, classes, used_by, resolved.embedded_class));
  }
  for (const Method& method : cls.declaration().methods) {
    for (const Parameter& parameter : cls.FindMethod(method.name)->parameters) {
      std::string used_by = absl::StrCat("method ", method.name, ", parameter ", parameter.name);
      RETURN_IF_ERROR(CheckClassName(cls, classes, used_by, parameter.reference_class));
      RETURN_IF_ERROR(CheckClassName(cls, classes, used_by, parameter.embedded_class));
    }
  }
  return absl::OkStatus();
}

// The declarations that must be resolved for `name`, its superclasses first. Empty when it is already there.
absl::StatusOr<std::vector<std::string>> ChainOf(const std::string& name, const DeclarationMap& declarations,
                                                 const ClassMap& resolved) {
  std::vector<std::string> chain;
  std::string next = name;
  while (!next.empty() && !resolved.contains(next)) {
    auto found = declarations.find(next);
    if (found == declarations.end()) {
      const ClassDeclaration& subclass = declarations.at(chain.back());
      return DeclarationError(subclass, absl::StrCat("its superclass ", subclass.superclass, " is not in ",
                                                     NormalizeNamespace(subclass.name_space)));
    }
    if (std::find(chain.begin(), chain.end(), next) != chain.end()) {
      return DeclarationError(found->second, "it is its own superclass, directly or through others");
    }
    chain.push_back(next);
    next = absl::AsciiStrToLower(found->second.superclass);
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

}  // namespace

std::string NormalizeNamespace(absl::string_view name_space) {
  std::string result;
  result.reserve(name_space.size());
  for (char c : name_space) {
    bool is_slash = c == '\\' || c == '/';
    if (is_slash && (result.empty() || result.back() == '/')) continue;
    result.push_back(is_slash ? '/' : absl::ascii_tolower(static_cast<unsigned char>(c)));
  }
  if (!result.empty() && result.back() == '/') result.pop_back();
  return result;
}

absl::StatusOr<std::shared_ptr<const Class>> ClassRepository::Resolve(ClassDeclaration declaration,
                                                                      std::shared_ptr<const Class> superclass) {
  ASSIGN_OR_RETURN(ResolvedMembers members, ResolveMembers(declaration, superclass.get()));
  auto cls = std::make_shared<Class>();
  cls->name_ = declaration.name;
  cls->name_space_ = NormalizeNamespace(declaration.name_space);
  cls->superclass_ = std::move(superclass);
  cls->qualifiers_ = std::move(members.qualifiers);
  cls->properties_ = std::move(members.properties);
  cls->methods_ = std::move(members.methods);
  cls->is_abstract_ = HasTrueQualifier(cls->qualifiers_, "Abstract");
  cls->is_association_ = HasTrueQualifier(cls->qualifiers_, "Association");
  cls->is_indication_ = HasTrueQualifier(cls->qualifiers_, "Indication");
  if (cls->properties_.size() > kMostMembers || cls->methods_.size() > kMostMembers) {
    return DeclarationError(declaration, absl::StrCat("it has more than ", kMostMembers, " properties or methods"));
  }
  cls->properties_by_name_ = ByName(cls->properties_);
  cls->methods_by_name_ = ByName(cls->methods_);
  for (const uint16_t slot : cls->properties_by_name_) {
    if (cls->properties_[slot].is_key) cls->key_slots_.push_back(slot);
  }
  if (cls->key_slots_.empty() && !MayLackKeys(*cls)) {
    return DeclarationError(declaration,
                            "it has no key; mark one with [Key], or the class with [Abstract], [Indication] or "
                            "[Cimvisor_NoKeys]");
  }
  cls->declaration_ = std::move(declaration);
  return cls;
}

void ClassRepository::Index(Namespace* name_space) {
  std::vector<std::string> names;
  names.reserve(name_space->classes.size());
  for (const auto& [name, cls] : name_space->classes) names.push_back(name);
  std::sort(names.begin(), names.end());
  name_space->subclasses.clear();
  std::vector<std::string> stack;
  for (const std::string& name : names) {
    const Class* superclass = name_space->classes.at(name)->superclass();
    if (superclass == nullptr) {
      stack.push_back(name);
    } else {
      name_space->subclasses[absl::AsciiStrToLower(superclass->name())].push_back(name);
    }
  }
  std::reverse(stack.begin(), stack.end());
  name_space->ordered.clear();
  while (!stack.empty()) {
    std::string name = std::move(stack.back());
    stack.pop_back();
    name_space->ordered.push_back(name_space->classes.at(name));
    auto found = name_space->subclasses.find(name);
    if (found != name_space->subclasses.end()) stack.insert(stack.end(), found->second.rbegin(), found->second.rend());
  }
}

absl::Status ClassRepository::Add(std::vector<ClassDeclaration> declarations) {
  absl::flat_hash_map<std::string, DeclarationMap> by_namespace;
  for (ClassDeclaration& declaration : declarations) {
    DeclarationMap& map = by_namespace[NormalizeNamespace(declaration.name_space)];
    std::string name = absl::AsciiStrToLower(declaration.name);
    auto [place, is_new] = map.try_emplace(name);
    if (!is_new) {
      return DeclarationError(declaration,
                              absl::StrCat("it is already declared at ", place->second.file, ":", place->second.line));
    }
    place->second = std::move(declaration);
  }
  absl::flat_hash_map<std::string, Namespace> changed;
  for (auto& [name_space, map] : by_namespace) {
    Namespace& target = changed[name_space];
    auto existing = namespaces_.find(name_space);
    if (existing != namespaces_.end()) target = existing->second;
    for (const auto& [name, declaration] : map) {
      if (existing != namespaces_.end() && existing->second.classes.contains(name)) {
        return DeclarationError(declaration, absl::StrCat("it is already in the namespace ", name_space));
      }
    }
    for (const auto& [name, declaration] : map) {
      ASSIGN_OR_RETURN(std::vector<std::string> chain, ChainOf(name, map, target.classes));
      for (const std::string& link : chain) {
        ClassDeclaration& linked = map.at(link);
        std::shared_ptr<const Class> superclass;
        if (!linked.superclass.empty()) superclass = target.classes.at(absl::AsciiStrToLower(linked.superclass));
        // Its place in `map` is not looked at again: what is resolved is in target.classes.
        ASSIGN_OR_RETURN(target.classes[link], Resolve(std::move(linked), std::move(superclass)));
      }
    }
    for (const auto& [name, declaration] : map) {
      RETURN_IF_ERROR(CheckNamedClasses(*target.classes.at(name), target.classes));
    }
    Index(&target);
  }
  for (auto& [name_space, target] : changed) namespaces_[name_space] = std::move(target);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const Class>> ClassRepository::Find(absl::string_view name_space,
                                                                   absl::string_view name) const {
  auto found = namespaces_.find(NormalizeNamespace(name_space));
  if (found == namespaces_.end()) {
    return CimError(CimStatus::kInvalidNamespace, absl::StrCat("there is no namespace '", name_space.substr(0, 128),
                                                               "'; the namespaces are listed by __NAMESPACE"));
  }
  auto cls = found->second.classes.find(absl::AsciiStrToLower(name));
  if (cls == found->second.classes.end()) {
    return CimError(CimStatus::kInvalidClass,
                    absl::StrCat("there is no class '", name.substr(0, 128), "' in ", found->first));
  }
  return cls->second;
}

bool ClassRepository::HasNamespace(absl::string_view name_space) const {
  return namespaces_.contains(NormalizeNamespace(name_space));
}

std::vector<std::string> ClassRepository::Namespaces() const {
  std::vector<std::string> names;
  names.reserve(namespaces_.size());
  for (const auto& [name, name_space] : namespaces_) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::shared_ptr<const Class>> ClassRepository::Classes(absl::string_view name_space) const {
  auto found = namespaces_.find(NormalizeNamespace(name_space));
  return found == namespaces_.end() ? std::vector<std::shared_ptr<const Class>>() : found->second.ordered;
}

std::vector<std::shared_ptr<const Class>> ClassRepository::WithSubclasses(const Class& root) const {
  std::vector<std::shared_ptr<const Class>> result;
  auto found = namespaces_.find(root.name_space());
  if (found == namespaces_.end()) return result;
  std::vector<std::string> stack = {absl::AsciiStrToLower(root.name())};
  while (!stack.empty()) {
    std::string name = std::move(stack.back());
    stack.pop_back();
    auto cls = found->second.classes.find(name);
    if (cls == found->second.classes.end()) continue;
    result.push_back(cls->second);
    auto subclasses = found->second.subclasses.find(name);
    if (subclasses != found->second.subclasses.end()) {
      stack.insert(stack.end(), subclasses->second.rbegin(), subclasses->second.rend());
    }
  }
  return result;
}

}  // namespace cimvisor::cim
