// The rows of settings_view.h, one for each file <kind>_settings.cc.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_SETTINGS_ROWS_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_SETTINGS_ROWS_H_

#include "providers/virtualization_v2/settings_view.h"

namespace cimvisor::views {

SettingsView MakeSystemSettingsView();
SettingsView MakeMemorySettingsView();
SettingsView MakeProcessorSettingsView();
SettingsView MakeSerialPortSettingsView();
SettingsView MakeLinuxKernelSettingsView();

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_SETTINGS_ROWS_H_
