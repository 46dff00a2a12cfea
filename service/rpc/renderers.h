// The text forms that the service can answer in, handed in by the daemon.
#ifndef CIMVISOR_SERVICE_RPC_RENDERERS_H_
#define CIMVISOR_SERVICE_RPC_RENDERERS_H_

#include <functional>
#include <string>

#include "service/cim/class.h"
#include "service/cim/instance.h"

namespace cimvisor::rpc {

// An empty function: that form is not offered, and a request for it is answered UNIMPLEMENTED by name. Thread-safe.
struct Renderers {
  std::function<std::string(const cim::Class&)> class_mof;
  std::function<std::string(const cim::Instance&)> instance_mof;
  std::function<std::string(const cim::Instance&)> instance_cim_xml;
};

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_RENDERERS_H_
