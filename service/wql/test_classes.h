// A few classes for the tests of this room: a machine, its states, an association, the intrinsic events.
#ifndef CIMVISOR_SERVICE_WQL_TEST_CLASSES_H_
#define CIMVISOR_SERVICE_WQL_TEST_CLASSES_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "service/cim/class_repository.h"
#include "service/cim/instance.h"

namespace cimvisor::wql {

inline constexpr char kTestNamespace[] = "root/test";

// Test_Element (abstract: Caption, ElementName)
//   Test_System (key Name; EnabledState uint16, ProcessID uint32, OnTime uint64, Offset sint32, Ratio real64,
//                Shared boolean, Installed datetime, Load uint16 volatile, OperationalStatus uint16[], Owner ref)
//     Test_Machine (Notes string)
//     Test_Host
// __Event: __InstanceOperationEvent and its three subclasses.
const cim::ClassRepository& TestClasses();

std::shared_ptr<const cim::Class> TestClass(absl::string_view name);

// An instance with properties from text: "Name=a;EnabledState=2". A value NULL is null.
std::shared_ptr<const cim::Instance> TestInstance(absl::string_view class_name, absl::string_view properties);

}  // namespace cimvisor::wql

#endif  // CIMVISOR_SERVICE_WQL_TEST_CLASSES_H_
