#include "service/broker/registry.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace cimvisor::broker {
namespace {

std::string Key(absl::string_view name_space, absl::string_view class_name) {
  return absl::StrCat(cim::NormalizeNamespace(name_space), ":", absl::AsciiStrToLower(class_name));
}

}  // namespace

absl::Status ProviderRegistry::Add(absl::string_view name_space, absl::string_view class_name,
                                   std::shared_ptr<Provider> provider) {
  std::string key = Key(name_space, class_name);
  if (!providers_.try_emplace(key, std::move(provider)).second)
    return absl::AlreadyExistsError(absl::StrCat("the class ", key, " has a provider already"));
  return absl::OkStatus();
}

Provider* ProviderRegistry::Find(const cim::Class& cls) const {
  const auto found = providers_.find(Key(cls.name_space(), cls.name()));
  return found == providers_.end() ? nullptr : found->second.get();
}

absl::Status ProviderRegistry::SetEventRenderer(absl::string_view name_space, std::shared_ptr<EventRenderer> renderer) {
  std::string key = cim::NormalizeNamespace(name_space);
  if (!renderers_.try_emplace(key, std::move(renderer)).second)
    return absl::AlreadyExistsError(absl::StrCat("the namespace ", key, " has an event renderer already"));
  return absl::OkStatus();
}

const EventRenderer* ProviderRegistry::FindEventRenderer(absl::string_view name_space) const {
  const auto found = renderers_.find(cim::NormalizeNamespace(name_space));
  return found == renderers_.end() ? nullptr : found->second.get();
}

}  // namespace cimvisor::broker
