#include "service/broker/association_index.h"

#include <utility>

#include "absl/strings/ascii.h"

namespace cimvisor::broker {

const AssociationIndex::Namespace& AssociationIndex::Find(absl::string_view name_space) const {
  absl::call_once(gathered_, [this] {
    for (const std::string& name : classes_.Namespaces()) {
      Namespace& gathered = namespaces_[name];
      for (const auto& cls : classes_.Classes(name)) {
        if (!cls->is_association()) continue;
        AssociationClass association{cls, {}};
        for (size_t i = 0; i < cls->properties().size(); ++i) {
          const cim::Property& property = cls->properties()[i];
          if (property.type != cim::CimType::kReference) continue;
          const auto end = classes_.Find(name, property.reference_class);
          association.ends.push_back({static_cast<int>(i), end.ok() ? *end : nullptr});
          gathered.roles.insert(absl::AsciiStrToLower(property.name));
        }
        gathered.associations.push_back(std::move(association));
      }
    }
  });
  const auto found = namespaces_.find(name_space);
  return found == namespaces_.end() ? none_ : found->second;
}

const std::vector<AssociationClass>& AssociationIndex::Associations(absl::string_view name_space) const {
  return Find(name_space).associations;
}

bool AssociationIndex::HasRole(absl::string_view name_space, absl::string_view role) const {
  return Find(name_space).roles.contains(absl::AsciiStrToLower(role));
}

}  // namespace cimvisor::broker
