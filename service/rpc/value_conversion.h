// cim::Value <-> cimvisor.v1.Value, and instances in plain form.
#ifndef CIMVISOR_SERVICE_RPC_VALUE_CONVERSION_H_
#define CIMVISOR_SERVICE_RPC_VALUE_CONVERSION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cimvisor/v1/types.pb.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "service/broker/call.h"
#include "service/cim/instance.h"
#include "service/cim/object_path.h"
#include "service/cim/value.h"

namespace cimvisor::rpc {

// How deep embedded instances and arrays may nest in a request.
inline constexpr int kMaximumDepth = 16;

v1::CimType ToProto(cim::CimType type);
// kInvalidArgument for CIM_TYPE_UNSPECIFIED and unknown numbers.
absl::StatusOr<cim::CimType> FromProto(v1::CimType type);

// Writes values and instances for one answer. `server_name` becomes the host of every path. Both outlive it.
class ProtoWriter {
 public:
  explicit ProtoWriter(const std::string& server_name) : server_name_(server_name) {}

  const std::string& server_name() const { return server_name_; }

  // `name_space` completes a reference that has none.
  void Write(const cim::Value& value, absl::string_view name_space, v1::Value& out) const;
  // The properties in `slots`, nulls included.
  void Write(const cim::Instance& instance, const std::vector<int>& slots, v1::Instance& out) const;
  // Every property: an embedded instance.
  void Write(const cim::Instance& instance, v1::Instance& out) const;

  // __PATH: with host and namespace; empty for an instance without keys.
  std::string PathText(const cim::Instance& instance) const;
  std::string PathText(const cim::ObjectPath& path, absl::string_view name_space) const;

 private:
  const std::string& server_name_;
};

// Makes an instance of the class that an embedded one names: Broker::MakeInstance with the request's namespace.
using InstanceMaker = absl::FunctionRef<absl::StatusOr<std::shared_ptr<const cim::Instance>>(
    absl::string_view name_space, absl::string_view class_name, const std::vector<broker::NamedValue>& properties)>;

// Reads values of a request, which are hostile. A value without a type gets that of its kind (uint64, sint64, real64,
// string, …); the broker coerces it to its property. kInvalidArgument says what is wrong.
absl::StatusOr<cim::Value> ReadValue(const v1::Value& value, InstanceMaker make_instance, int depth = 0);
// Errors name the property. A name may not be empty or come twice (names have no case).
absl::StatusOr<std::vector<broker::NamedValue>> ReadProperties(
    const google::protobuf::RepeatedPtrField<v1::Property>& properties, InstanceMaker make_instance, int depth = 0);

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_VALUE_CONVERSION_H_
