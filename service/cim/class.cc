#include "service/cim/class.h"

#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace cimvisor::cim {
namespace {

// No name of a schema is longer; one that is asked for is not there.
constexpr size_t kLongestName = 256;

// The lower-case name is made on the stack: queries look properties up by name for each class that they touch.
int FindIndex(const absl::flat_hash_map<std::string, int>& indexes, absl::string_view name) {
  std::array<char, kLongestName> lower;
  if (name.size() > lower.size()) return -1;
  for (size_t i = 0; i < name.size(); ++i) lower[i] = absl::ascii_tolower(static_cast<unsigned char>(name[i]));
  auto found = indexes.find(absl::string_view(lower.data(), name.size()));
  return found == indexes.end() ? -1 : found->second;
}

}  // namespace

const Qualifier* FindQualifier(const std::vector<Qualifier>& qualifiers, absl::string_view name) {
  for (const Qualifier& qualifier : qualifiers) {
    if (absl::EqualsIgnoreCase(qualifier.name, name)) return &qualifier;
  }
  return nullptr;
}

int Class::FindProperty(absl::string_view name) const { return FindIndex(property_slots_, name); }

const Method* Class::FindMethod(absl::string_view name) const {
  int index = FindIndex(method_indexes_, name);
  return index < 0 ? nullptr : &methods_[static_cast<size_t>(index)];
}

bool Class::IsA(absl::string_view class_name) const {
  for (const Class* cls = this; cls != nullptr; cls = cls->superclass()) {
    if (absl::EqualsIgnoreCase(cls->name_, class_name)) return true;
  }
  return false;
}

std::vector<std::string> Class::Derivation() const {
  std::vector<std::string> names;
  for (const Class* cls = superclass(); cls != nullptr; cls = cls->superclass()) names.push_back(cls->name_);
  return names;
}

}  // namespace cimvisor::cim
