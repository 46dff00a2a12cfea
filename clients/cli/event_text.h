// An event in one line for people.
#ifndef CIMVISOR_CLIENTS_CLI_EVENT_TEXT_H_
#define CIMVISOR_CLIENTS_CLI_EVENT_TEXT_H_

#include <string>

#include "cimvisor/v1/object_manager.pb.h"

namespace cimvisor::cli {

// "17 modified Msvm_ComputerSystem web: EnabledState 3 -> 10"; control characters made visible.
std::string EventText(const cimvisor::v1::Event& event);

}  // namespace cimvisor::cli

#endif  // CIMVISOR_CLIENTS_CLI_EVENT_TEXT_H_
