// cim::Class -> cimvisor.v1.ClassDeclaration.
#ifndef CIMVISOR_SERVICE_RPC_CLASS_CONVERSION_H_
#define CIMVISOR_SERVICE_RPC_CLASS_CONVERSION_H_

#include "cimvisor/v1/types.pb.h"
#include "service/cim/class.h"
#include "service/rpc/value_conversion.h"

namespace cimvisor::rpc {

// With everything that the class inherits, and every qualifier: clients read ValueMap and Values.
void WriteClass(const ProtoWriter& writer, const cim::Class& cls, v1::ClassDeclaration& out);

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_CLASS_CONVERSION_H_
