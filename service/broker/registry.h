// Which provider serves which class. Filled by the daemon at start, then only read (thread-safe).
#ifndef CIMVISOR_SERVICE_BROKER_REGISTRY_H_
#define CIMVISOR_SERVICE_BROKER_REGISTRY_H_

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "service/broker/provider.h"

namespace cimvisor::broker {

class ProviderRegistry {
 public:
  ProviderRegistry() = default;
  ProviderRegistry(const ProviderRegistry&) = delete;
  ProviderRegistry& operator=(const ProviderRegistry&) = delete;

  // `provider` serves exactly `class_name` of `name_space` (both in any spelling). kAlreadyExists when the class has
  // one.
  absl::Status Add(absl::string_view name_space, absl::string_view class_name, std::shared_ptr<Provider> provider);

  // The provider of exactly this class; null when it has none (a class without live instances).
  Provider* Find(const cim::Class& cls) const;

  // The events of a namespace; one renderer each. kAlreadyExists.
  absl::Status SetEventRenderer(absl::string_view name_space, std::shared_ptr<EventRenderer> renderer);
  const EventRenderer* FindEventRenderer(absl::string_view name_space) const;

 private:
  absl::flat_hash_map<std::string, std::shared_ptr<Provider>> providers_;  // by "namespace:class", lower case
  absl::flat_hash_map<std::string, std::shared_ptr<EventRenderer>> renderers_;
};

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_REGISTRY_H_
