// Values and instances from clients, checked and coerced before a provider sees them.
#ifndef CIMVISOR_SERVICE_BROKER_INPUT_H_
#define CIMVISOR_SERVICE_BROKER_INPUT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/broker/call.h"
#include "service/cim/class_repository.h"
#include "service/cim/instance.h"

namespace cimvisor::broker {

// Reads input for one namespace (canonical). Cheap; refers to its arguments.
class InputReader {
 public:
  InputReader(const cim::ClassRepository& classes, absl::string_view name_space)
      : classes_(classes), name_space_(name_space) {}

  // The IN parameters by place in method.parameters, null where absent. CIM_ERR_INVALID_PARAMETER that names the
  // parameter: unknown, given twice, only for output, of a wrong type, an embedded instance or a reference of a wrong
  // class. A reference may also be of a class that the parameter's qualifier Cimvisor_AlsoAccepts({"Class", ...})
  // names: Hyper-V takes a machine for AffectedConfiguration where its MOF says settings.
  absl::StatusOr<std::vector<cim::Value>> Parameters(const cim::Class& cls, const cim::Method& method,
                                                     const std::vector<NamedValue>& given) const;

  // An instance with these properties, which are then marked as mentioned. CIM_ERR_INVALID_CLASS,
  // CIM_ERR_NO_SUCH_PROPERTY, CIM_ERR_TYPE_MISMATCH.
  absl::StatusOr<std::shared_ptr<const cim::Instance>> MakeInstance(absl::string_view class_name,
                                                                    const std::vector<NamedValue>& properties) const;

  // MOF, or CIM-XML when it begins with '<'. Errors as the parsers of service/text give them, with the place.
  absl::StatusOr<std::shared_ptr<const cim::Instance>> ParseText(absl::string_view text) const;

 private:
  // What a value has to become.
  struct Target {
    cim::CimType type = cim::CimType::kString;
    bool is_array = false;
    const std::string& reference_class;
    const std::string& embedded_class;
    const std::vector<cim::Qualifier>& qualifiers;
  };
  absl::StatusOr<cim::Value> Convert(const cim::Value& value, const Target& target) const;
  absl::StatusOr<cim::Value> ConvertElement(const cim::Value& value, const Target& target) const;
  absl::StatusOr<cim::Value> Embedded(const cim::Value& value, const std::string& embedded_class) const;
  absl::StatusOr<cim::Value> Reference(const cim::Value& value, const Target& target) const;

  const cim::ClassRepository& classes_;
  const absl::string_view name_space_;
};

// A short form of parameters for the audit trail: "RequestedState=2, SystemSettings=an instance of …".
std::string Describe(const cim::Method& method, const std::vector<cim::Value>& parameters);

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_INPUT_H_
