// System properties: what every object has without declaring it (__CLASS, __PATH, …), as in WMI.
#ifndef CIMVISOR_SERVICE_CIM_SYSTEM_PROPERTIES_H_
#define CIMVISOR_SERVICE_CIM_SYSTEM_PROPERTIES_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "service/cim/class.h"
#include "service/cim/instance.h"
#include "service/cim/value.h"

namespace cimvisor::cim {

enum class SystemProperty : uint8_t {
  kNone,
  kClass,
  kDerivation,  // the superclasses, the nearest first
  kDynasty,     // the topmost class of the derivation
  kGenus,       // 1: a class, 2: an instance
  kNamespace,   // root\virtualization\v2
  kPath,        // null for an object that has none
  kPropertyCount,
  kRelativePath,
  kServer,
  kSuperclass,  // null: none
};

struct SystemPropertyRow {
  SystemProperty property = SystemProperty::kNone;
  absl::string_view name;
  CimType type = CimType::kString;
  bool is_array = false;
};

// All of them, by name.
absl::Span<const SystemPropertyRow> SystemProperties();
// The row of a name, in any case; null when it is no system property.
const SystemPropertyRow* FindSystemProperty(absl::string_view name);
const SystemPropertyRow& RowOf(SystemProperty property);

// The value for an instance, and for a class as an object. `server` is the host's name.
Value SystemValue(SystemProperty property, const Instance& instance, absl::string_view server);
Value SystemValue(SystemProperty property, const Class& cls, absl::string_view server);

// Lists of columns hold slots of properties, and below zero system properties.
inline int SystemColumn(SystemProperty property) { return -1 - static_cast<int>(property); }
inline bool IsSystemColumn(int column) { return column < 0; }
inline SystemProperty SystemPropertyOf(int column) { return static_cast<SystemProperty>(-1 - column); }

}  // namespace cimvisor::cim

#endif  // CIMVISOR_SERVICE_CIM_SYSTEM_PROPERTIES_H_
