// The text forms that the service can answer in, handed in by the daemon.
#ifndef CIMVISOR_SERVICE_RPC_RENDERERS_H_
#define CIMVISOR_SERVICE_RPC_RENDERERS_H_

#include <functional>
#include <string>
#include <vector>

#include "service/cim/class.h"
#include "service/cim/instance.h"

namespace cimvisor::rpc {

// Renders an instance with the properties of these slots alone (null: all).
using InstanceRenderer = std::function<std::string(const cim::Instance&, const std::vector<int>* slots)>;

// An empty function: that form is not offered, and a request for it is answered UNIMPLEMENTED by name. Thread-safe.
struct Renderers {
  std::function<std::string(const cim::Class&)> class_mof;
  InstanceRenderer instance_mof;
  InstanceRenderer instance_cim_xml;
  InstanceRenderer instance_wmi_xml;
};

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_RENDERERS_H_
