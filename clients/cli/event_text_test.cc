#include "clients/cli/event_text.h"

#include <gtest/gtest.h>

#include "clients/cpp/values.h"

namespace cimvisor::cli {
namespace {

client::Instance Machine(uint64_t state) {
  client::Instance machine;
  machine.set_class_name("Msvm_ComputerSystem");
  client::Set(machine, "ElementName", client::TextValue("web"));
  client::Set(machine, "EnabledState", client::UnsignedValue(state));
  return machine;
}

TEST(EventTextTest, SaysWhatChanged) {
  cimvisor::v1::Event event;
  event.set_revision(17);
  event.mutable_event()->set_class_name("__InstanceModificationEvent");
  client::Set(*event.mutable_event(), "TargetInstance", client::ObjectValue(Machine(10)));
  client::Set(*event.mutable_event(), "PreviousInstance", client::ObjectValue(Machine(3)));
  EXPECT_EQ(EventText(event), "17 modified Msvm_ComputerSystem web: EnabledState 3 -> 10");
}

TEST(EventTextTest, OtherEventsAreShownWhole) {
  cimvisor::v1::Event event;
  event.set_revision(3);
  event.mutable_event()->set_class_name("Msvm_StorageAlert");
  client::Set(*event.mutable_event(), "Message", client::TextValue("full\x1b"));
  EXPECT_EQ(EventText(event), "3 Msvm_StorageAlert{Message=full\\x1b}");
}

}  // namespace
}  // namespace cimvisor::cli
