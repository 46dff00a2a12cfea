// The providers of the associations; each of the makers gives one.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_MACHINE_ASSOCIATIONS_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_MACHINE_ASSOCIATIONS_H_

#include <memory>

#include "providers/virtualization_v2/view_context.h"
#include "service/broker/provider.h"

namespace cimvisor::views {

// `context` outlives them.
std::shared_ptr<broker::Provider> MakeSettingsDefineStateProvider(const ViewContext& context);
std::shared_ptr<broker::Provider> MakeSettingDataComponentProvider(const ViewContext& context);
std::shared_ptr<broker::Provider> MakeServiceAffectsElementProvider(const ViewContext& context);
std::shared_ptr<broker::Provider> MakeAffectedJobElementProvider(const ViewContext& context);
std::shared_ptr<broker::Provider> MakeHostedServiceProvider(const ViewContext& context);

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_MACHINE_ASSOCIATIONS_H_
