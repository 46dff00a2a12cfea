// The C++ type and accessors of a property or parameter.
#ifndef CIMVISOR_PROVIDERS_CODEGEN_GENERATOR_CPP_TYPE_H_
#define CIMVISOR_PROVIDERS_CODEGEN_GENERATOR_CPP_TYPE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/cim/class.h"

namespace cimvisor::codegen {

// A property or a parameter, as far as accessors need it.
struct Element {
  std::string name;
  cim::CimType type = cim::CimType::kString;
  bool is_array = false;
  bool is_embedded = false;  // an object, or a string that holds an instance
  std::string enum_name;     // the enum class of its value map, empty when it has none
};

Element ElementOf(const cim::Property& property);
Element ElementOf(const cim::Parameter& parameter);

// Name and number of each enumerator of a value map; ranges and what does not fit the type are left out. Empty when
// there is no value map, or it is not of integers.
using Enumerators = std::vector<std::pair<std::string, std::string>>;
Enumerators EnumeratorsOf(cim::CimType type, const std::vector<cim::Qualifier>& qualifiers);

// `enum class NAME : uint16_t { … };`
std::string EnumText(absl::string_view name, cim::CimType type, const Enumerators& enumerators,
                     absl::string_view indent);

// The getter and the setter of the value at `place`, an expression. They call ValueAt and Set.
std::string GetterText(const Element& element, absl::string_view place, absl::string_view indent);
std::string SetterText(const Element& element, absl::string_view place, absl::string_view indent);

}  // namespace cimvisor::codegen

#endif  // CIMVISOR_PROVIDERS_CODEGEN_GENERATOR_CPP_TYPE_H_
