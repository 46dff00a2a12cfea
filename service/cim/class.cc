#include "service/cim/class.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace cimvisor::cim {
namespace {

// The members of most classes are found by five or six comparisons of names.
template <typename Member>
int FindIndex(const SharedList<Member>& members, const std::vector<uint16_t>& by_name, absl::string_view name) {
  const auto place = std::lower_bound(
      by_name.begin(), by_name.end(), name,
      [&members](uint16_t index, absl::string_view wanted) { return CompareNames(members[index].name, wanted) < 0; });
  return place == by_name.end() || CompareNames(members[*place].name, name) != 0 ? -1 : *place;
}

}  // namespace

int CompareNames(absl::string_view a, absl::string_view b) {
  const size_t shorter = std::min(a.size(), b.size());
  for (size_t i = 0; i < shorter; ++i) {
    const auto left = static_cast<unsigned char>(absl::ascii_tolower(static_cast<unsigned char>(a[i])));
    const auto right = static_cast<unsigned char>(absl::ascii_tolower(static_cast<unsigned char>(b[i])));
    if (left != right) return left < right ? -1 : 1;
  }
  return a.size() == b.size() ? 0 : (a.size() < b.size() ? -1 : 1);
}

const Qualifier* FindQualifier(const std::vector<Qualifier>& qualifiers, absl::string_view name) {
  for (const Qualifier& qualifier : qualifiers) {
    if (absl::EqualsIgnoreCase(qualifier.name, name)) return &qualifier;
  }
  return nullptr;
}

int Class::FindProperty(absl::string_view name) const { return FindIndex(properties_, properties_by_name_, name); }

const Method* Class::FindMethod(absl::string_view name) const {
  int index = FindIndex(methods_, methods_by_name_, name);
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
