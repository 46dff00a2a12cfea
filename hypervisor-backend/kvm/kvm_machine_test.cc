// Whole machines on the real /dev/kvm, with the small guest.
#include "hypervisor-backend/kvm/kvm_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hypervisor-backend/kvm/machine_fixture.h"

namespace cimvisor::kvm {
namespace {

using machine::EndKind;
using machine::MachineState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

using KvmMachineTest = MachineTest;

TEST_F(KvmMachineTest, TheGuestBootsAndSaysWhatItRunsOn) {
  ASSERT_NO_FATAL_FAILURE(BootHello());
  EXPECT_THAT(observer_.output(), HasSubstr("Cimvisor small guest: 1 processor, "));
  EXPECT_EQ(machine_->state(), MachineState::kRunning);
  EXPECT_THAT(observer_.state_changes(), ElementsAre(Pair(MachineState::kOff, MachineState::kStarting),
                                                     Pair(MachineState::kStarting, MachineState::kRunning)));
}

TEST_F(KvmMachineTest, TheGuestAnswersOnItsSerialPort) {
  ASSERT_NO_FATAL_FAILURE(BootHello());
  ASSERT_NO_FATAL_FAILURE(Type("echo one two three\r"));
  EXPECT_TRUE(observer_.WaitForOutput("\r\none two three\r\n")) << observer_.output();
}

}  // namespace
}  // namespace cimvisor::kvm
