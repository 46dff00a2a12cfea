// Specifications and guests that cannot be, and guests that misbehave.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string.h>

#include <string>
#include <utility>

#include "hypervisor-backend/kvm/kvm_machine.h"
#include "hypervisor-backend/kvm/machine_fixture.h"

namespace cimvisor::kvm {
namespace {

using machine::EndKind;
using machine::MachineState;
using ::testing::HasSubstr;

class BadInputTest : public MachineTest {
 protected:
  absl::Status Refusal(machine::MachineSpec spec) {
    return MakeKvmMachine(std::move(spec), &observer_, machine::NoConfinement()).status();
  }

  // A kernel without headers of its own: `code` at 1 MiB, entered in 32-bit protected mode by PVH.
  static std::string PvhKernel(absl::string_view code);
};

// An ELF file of one segment at 1 MiB and a PVH note, by hand.
std::string BadInputTest::PvhKernel(absl::string_view code) {
  std::string file = ReadHelloGuest();
  // The entry is where the note says: put the code there.
  uint64_t program_headers, offset, address;
  memcpy(&program_headers, file.data() + 32, 8);
  memcpy(&offset, file.data() + program_headers + 8, 8);
  memcpy(&address, file.data() + program_headers + 24, 8);
  uint32_t entry;
  memcpy(&entry, file.data() + file.find(std::string("Xen\0", 4)) + 4, 4);
  file.replace(offset + entry - address, code.size(), code.data(), code.size());
  return file;
}

TEST_F(BadInputTest, MemoryThatCannotBe) {
  machine::MachineSpec none = MakeTestSpec();
  none.memory_bytes = 0;
  EXPECT_EQ(Refusal(std::move(none)).code(), absl::StatusCode::kInvalidArgument);
  machine::MachineSpec odd = MakeTestSpec((64 << 20) + 4096);
  EXPECT_THAT(std::string(Refusal(std::move(odd)).message()), HasSubstr("2 MiB"));
  machine::MachineSpec larger_than_its_file = MakeTestSpec();
  larger_than_its_file.memory_bytes *= 2;
  EXPECT_EQ(Refusal(std::move(larger_than_its_file)).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(BadInputTest, ProcessorsThatCannotBe) {
  EXPECT_EQ(Refusal(MakeTestSpec(kTestMemory, 0)).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(Refusal(MakeTestSpec(kTestMemory, 1000)).message()), HasSubstr("1000"));
}

TEST_F(BadInputTest, WithoutKvmOrWithSomethingElseInItsPlace) {
  machine::MachineSpec without = MakeTestSpec();
  ::close(std::exchange(without.kvm_fd, -1));
  EXPECT_EQ(Refusal(std::move(without)).code(), absl::StatusCode::kInvalidArgument);
  machine::MachineSpec other = MakeTestSpec();
  ::close(std::exchange(other.kvm_fd, ::open("/dev/null", O_RDWR | O_CLOEXEC)));
  EXPECT_FALSE(Refusal(std::move(other)).ok());
}

TEST_F(BadInputTest, KernelsThatAreNone) {
  const std::string hello = ReadHelloGuest();
  const std::pair<std::string, std::string> cases[] = {
      {"", "empty"},
      {"#!/bin/sh\n", "no kernel"},
      {std::string(1 << 20, '\0'), "no kernel"},
      {hello.substr(0, 40), "truncated"},
      {hello.substr(0, hello.size() / 2), "truncated"},
  };
  for (const auto& [bytes, expected] : cases) {
    machine::MachineSpec spec = MakeTestSpec();
    spec.kernel_fd = MakeTestFile(bytes);
    const absl::Status refusal = Refusal(std::move(spec));
    EXPECT_EQ(refusal.code(), absl::StatusCode::kInvalidArgument) << refusal;
    EXPECT_THAT(std::string(refusal.message()), HasSubstr(expected));
  }
}

TEST_F(BadInputTest, AFolderIsNoKernel) {
  machine::MachineSpec spec = MakeTestSpec();
  spec.kernel_fd = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  EXPECT_THAT(std::string(Refusal(std::move(spec)).message()), HasSubstr("no regular file"));
}

TEST_F(BadInputTest, AnInitrdThatDoesNotFitFailsTheStartAndLeavesTheMachineOff) {
  machine::MachineSpec spec = MakeTestSpec(4 << 20);
  spec.kernel_fd = OpenHelloGuest();
  spec.initrd_fd = MakeTestFile(std::string(8 << 20, 'i'));
  ASSERT_NO_FATAL_FAILURE(Make(std::move(spec)));
  const absl::Status refusal = machine_->Start();
  EXPECT_EQ(refusal.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refusal.message()), HasSubstr("initrd"));
  EXPECT_EQ(machine_->state(), MachineState::kOff);
}

TEST_F(BadInputTest, ACommandLineThatIsTooLongOrHoldsAZero) {
  machine::MachineSpec spec = MakeTestSpec();
  spec.kernel_fd = OpenHelloGuest();
  spec.command_line = std::string(70'000, 'x');
  EXPECT_THAT(std::string(Refusal(std::move(spec)).message()), HasSubstr("command line"));
  machine::MachineSpec zero = MakeTestSpec();
  zero.kernel_fd = OpenHelloGuest();
  zero.command_line = std::string("a\0b", 3);
  EXPECT_THAT(std::string(Refusal(std::move(zero)).message()), HasSubstr("zero byte"));
}

TEST_F(BadInputTest, AnInitrdWithoutAKernel) {
  machine::MachineSpec spec = MakeTestSpec();
  spec.initrd_fd = MakeTestFile("initrd");
  EXPECT_THAT(std::string(Refusal(std::move(spec)).message()), HasSubstr("needs a kernel"));
}

TEST_F(BadInputTest, AThreadThatCannotBeConfinedMeansNoMachine) {
  for (const machine::ThreadKind kind : {machine::ThreadKind::kProcessor, machine::ThreadKind::kDevice}) {
    const auto refusal = MakeKvmMachine(MakeTestSpec(kTestMemory, 2), &observer_, [kind](machine::ThreadKind asked) {
      return asked == kind ? absl::InternalError("no seccomp") : absl::OkStatus();
    });
    EXPECT_EQ(refusal.status().message(), "no seccomp");
  }
}

TEST_F(BadInputTest, AGuestThatFaultsAgainAndAgainIsEnded) {
  machine::MachineSpec spec = MakeTestSpec();
  spec.kernel_fd = MakeTestFile(PvhKernel("\x0f\x0b"));  // ud2, with no interrupt table
  ASSERT_NO_FATAL_FAILURE(Make(std::move(spec)));
  ASSERT_TRUE(machine_->Start().ok());
  ASSERT_TRUE(observer_.WaitForEnd());
  EXPECT_EQ(observer_.end().kind, EndKind::kTripleFault);
  EXPECT_THAT(observer_.end().detail, HasSubstr("(0f 0b"));
  EXPECT_THAT(observer_.end().registers, HasSubstr("rip"));
  EXPECT_EQ(observer_.resets(), 3);
  EXPECT_EQ(machine_->state(), MachineState::kOff);
}

TEST_F(BadInputTest, AnInternalErrorOfKvmEndsTheMachineWithPlaceAndRegisters) {
  machine::MachineSpec spec = MakeTestSpec();
  // mov eax,0xd0000000; jmp eax: no KVM can run code where no memory is.
  spec.kernel_fd = MakeTestFile(PvhKernel(absl::string_view("\xb8\x00\x00\x00\xd0\xff\xe0", 7)));
  ASSERT_NO_FATAL_FAILURE(Make(std::move(spec)));
  ASSERT_TRUE(machine_->Start().ok());
  ASSERT_TRUE(observer_.WaitForEnd());
  EXPECT_EQ(observer_.end().kind, EndKind::kInternalError);
  EXPECT_THAT(observer_.end().detail, HasSubstr("suberror 1: emulation failed"));
  EXPECT_THAT(observer_.end().detail, HasSubstr("rip 0xd0000000"));
  EXPECT_THAT(observer_.end().registers, HasSubstr("rax 00000000d0000000"));
  EXPECT_EQ(machine_->state(), MachineState::kOff);
}

TEST_F(BadInputTest, AGuestThatSpinsIsTurnedOff) {
  machine::MachineSpec spec = MakeTestSpec();
  spec.kernel_fd = MakeTestFile(PvhKernel("\xeb\xfe"));  // a jump to itself
  ASSERT_NO_FATAL_FAILURE(Make(std::move(spec)));
  ASSERT_TRUE(machine_->Start().ok());
  ASSERT_TRUE(machine_->Pause().ok());
  ASSERT_TRUE(machine_->Resume().ok());
  ASSERT_TRUE(machine_->TurnOff().ok());
  ASSERT_TRUE(observer_.WaitForEnd());
}

TEST_F(BadInputTest, AccessesOutsideEveryDeviceReadAsOnesAndHarmNothing) {
  machine::MachineSpec spec = MakeTestSpec();
  // mov dx,0x1234; in eax,dx; cmp eax,-1; jne $; mov ebx,0xd0000000; mov [ebx],eax; cmp dword [ebx],-1; jne $;
  // then power off: mov dx,0x604; mov ax,0x3400; out dx,ax; jmp $
  const char code[] =
      "\x66\xba\x34\x12"
      "\xed"
      "\x83\xf8\xff"
      "\x75\xfe"
      "\xbb\x00\x00\x00\xd0"
      "\x89\x03"
      "\x83\x3b\xff"
      "\x75\xfe"
      "\x66\xba\x04\x06"
      "\x66\xb8\x00\x34"
      "\x66\xef"
      "\xeb\xfe";
  spec.kernel_fd = MakeTestFile(PvhKernel(absl::string_view(code, sizeof code - 1)));
  ASSERT_NO_FATAL_FAILURE(Make(std::move(spec)));
  ASSERT_TRUE(machine_->Start().ok());
  ASSERT_TRUE(observer_.WaitForEnd());
  EXPECT_EQ(observer_.end().kind, EndKind::kGuestPoweredOff) << observer_.end().detail;
}

TEST_F(BadInputTest, AGuestThatResetsWithoutEndCanBeTurnedOff) {
  machine::MachineSpec spec = MakeTestSpec();
  spec.kernel_fd = MakeTestFile(PvhKernel("\xb0\xfe\xe6\x64\xeb\xfe"));  // out 0x64, 0xfe
  ASSERT_NO_FATAL_FAILURE(Make(std::move(spec)));
  ASSERT_TRUE(machine_->Start().ok());
  ASSERT_TRUE(observer_.WaitForResets(5));
  ASSERT_TRUE(machine_->TurnOff().ok());
  ASSERT_TRUE(observer_.WaitForEnd());
}

}  // namespace
}  // namespace cimvisor::kvm
