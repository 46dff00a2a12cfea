#include "hypervisor-backend/kvm/devices/keyboard_controller.h"

namespace cimvisor::kvm {
namespace {

constexpr uint8_t kStatusOutputFull = 0x01;
constexpr uint8_t kStatusSelfTestPassed = 0x04;
constexpr uint8_t kStatusCommand = 0x08;  // the last write went to 0x64
constexpr uint8_t kStatusUnlocked = 0x10;
constexpr size_t kOutputBytes = 16;

// Commands (IBM PS/2 Hardware Interface Technical Reference, keyboard and auxiliary device controller).
constexpr uint8_t kReadCommandByte = 0x20;
constexpr uint8_t kWriteCommandByte = 0x60;
constexpr uint8_t kDisableMouse = 0xa7;
constexpr uint8_t kEnableMouse = 0xa8;
constexpr uint8_t kTestMouse = 0xa9;
constexpr uint8_t kSelfTest = 0xaa;
constexpr uint8_t kTestKeyboard = 0xab;
constexpr uint8_t kDisableKeyboard = 0xad;
constexpr uint8_t kEnableKeyboard = 0xae;
constexpr uint8_t kReadOutputPort = 0xd0;
constexpr uint8_t kWriteOutputPort = 0xd1;
constexpr uint8_t kWriteKeyboardBuffer = 0xd2;
constexpr uint8_t kWriteMouseBuffer = 0xd3;
constexpr uint8_t kWriteMouse = 0xd4;
constexpr uint8_t kPulseFirst = 0xf0;  // to 0xff: the low bits that are 0 pulse their output line

constexpr uint8_t kKeyboardDisabled = 0x10;
constexpr uint8_t kMouseDisabled = 0x20;
constexpr uint8_t kNotReset = 0x01;  // of the output port
constexpr uint8_t kA20 = 0x02;
constexpr uint8_t kSelfTestOk = 0x55;
constexpr uint8_t kInterfaceOk = 0x00;
constexpr uint8_t kInterfaceClockStuck = 0x01;  // nothing there

}  // namespace

uint64_t KeyboardController::Read(uint32_t, uint32_t) {
  absl::MutexLock lock(&mutex_);
  uint8_t status = kStatusSelfTestPassed | kStatusUnlocked;
  if (!output_.empty()) status |= kStatusOutputFull;
  if (last_write_was_command_) status |= kStatusCommand;
  return status;
}

void KeyboardController::Write(uint32_t, uint32_t, uint64_t value) {
  bool reset;
  {
    absl::MutexLock lock(&mutex_);
    last_write_was_command_ = true;
    reset = RunCommand(static_cast<uint8_t>(value));
  }
  if (reset) requests_->RequestReset();
}

void KeyboardController::Reset() {
  absl::MutexLock lock(&mutex_);
  output_.clear();
  command_byte_ = 0;
  awaiting_data_for_ = 0;
  last_write_was_command_ = false;
}

bool KeyboardController::RunCommand(uint8_t command) {
  awaiting_data_for_ = 0;
  switch (command) {
    case kReadCommandByte:
      Answer(command_byte_);
      break;
    case kWriteCommandByte:
    case kWriteOutputPort:
    case kWriteKeyboardBuffer:
    case kWriteMouseBuffer:
    case kWriteMouse:
      awaiting_data_for_ = command;
      break;
    case kDisableMouse:
      command_byte_ |= kMouseDisabled;
      break;
    case kEnableMouse:
      command_byte_ &= static_cast<uint8_t>(~kMouseDisabled);
      break;
    case kTestMouse:
      Answer(kInterfaceClockStuck);
      break;
    case kSelfTest:
      output_.clear();
      Answer(kSelfTestOk);
      break;
    case kTestKeyboard:
      Answer(kInterfaceOk);
      break;
    case kDisableKeyboard:
      command_byte_ |= kKeyboardDisabled;
      break;
    case kEnableKeyboard:
      command_byte_ &= static_cast<uint8_t>(~kKeyboardDisabled);
      break;
    case kReadOutputPort:
      Answer(kNotReset | kA20);
      break;
    default:
      return command >= kPulseFirst && (command & kNotReset) == 0;
  }
  return false;
}

uint8_t KeyboardController::ReadData() {
  absl::MutexLock lock(&mutex_);
  if (output_.empty()) return 0;
  const uint8_t value = output_.front();
  output_.pop_front();
  return value;
}

void KeyboardController::WriteData(uint8_t value) {
  bool reset = false;
  {
    absl::MutexLock lock(&mutex_);
    last_write_was_command_ = false;
    switch (awaiting_data_for_) {
      case kWriteCommandByte:
        command_byte_ = value;
        break;
      case kWriteOutputPort:
        reset = (value & kNotReset) == 0;
        break;
      case kWriteKeyboardBuffer:
      case kWriteMouseBuffer:  // comes back as if from the keyboard: there is no mouse
        Answer(value);
        break;
      default:  // for the keyboard or the mouse, which do not answer
        break;
    }
    awaiting_data_for_ = 0;
  }
  if (reset) requests_->RequestReset();
}

void KeyboardController::Answer(uint8_t value) {
  if (output_.size() < kOutputBytes) output_.push_back(value);
}

}  // namespace cimvisor::kvm
