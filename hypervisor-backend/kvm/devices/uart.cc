#include "hypervisor-backend/kvm/devices/uart.h"

#include <algorithm>

namespace cimvisor::kvm {
namespace {

// Registers by offset (table 2 of the data sheet). With the divisor latch open, the first two are the divisor.
constexpr uint32_t kData = 0;
constexpr uint32_t kInterruptEnable = 1;
constexpr uint32_t kInterruptIdentification = 2;  // written: FIFO control
constexpr uint32_t kLineControl = 3;
constexpr uint32_t kModemControl = 4;
constexpr uint32_t kLineStatus = 5;
constexpr uint32_t kModemStatus = 6;
constexpr uint32_t kScratch = 7;

constexpr uint8_t kEnableReceived = 0x01;
constexpr uint8_t kEnableTransmitter = 0x02;
constexpr uint8_t kEnableLineStatus = 0x04;
constexpr uint8_t kEnableModemStatus = 0x08;
constexpr uint8_t kEnableMask = 0x0f;

// Table 4, by falling priority.
constexpr uint8_t kPendingLineStatus = 0x06;
constexpr uint8_t kPendingReceived = 0x04;
constexpr uint8_t kPendingTransmitter = 0x02;
constexpr uint8_t kPendingModemStatus = 0x00;
constexpr uint8_t kPendingNone = 0x01;
constexpr uint8_t kFifosEnabled = 0xc0;

constexpr uint8_t kFifoEnable = 0x01;
constexpr uint8_t kFifoClearReceiver = 0x02;

constexpr uint8_t kDivisorLatch = 0x80;

constexpr uint8_t kControlDtr = 0x01;
constexpr uint8_t kControlRts = 0x02;
constexpr uint8_t kControlOut1 = 0x04;
constexpr uint8_t kControlOut2 = 0x08;  // on a PC it connects the interrupt
constexpr uint8_t kControlLoop = 0x10;
constexpr uint8_t kControlMask = 0x1f;

constexpr uint8_t kStatusDataReady = 0x01;
constexpr uint8_t kStatusOverrun = 0x02;
constexpr uint8_t kStatusTransmitterEmpty = 0x60;  // holding register, and shift register

constexpr uint8_t kLineCts = 0x10;
constexpr uint8_t kLineDsr = 0x20;
constexpr uint8_t kLineRing = 0x40;
constexpr uint8_t kLineCarrier = 0x80;

constexpr uint16_t kDivisor9600 = 12;
constexpr size_t kFifoBytes = 16;

}  // namespace

Uart::Uart(bool connected, SerialOutput* output, InterruptLine* interrupt)
    : connected_(connected), output_(output), interrupt_(interrupt) {
  absl::MutexLock lock(&mutex_);
  PowerOn();
}

void Uart::PowerOn() {
  receiver_.clear();
  divisor_ = kDivisor9600;
  interrupt_enable_ = line_control_ = modem_control_ = scratch_ = modem_changes_ = 0;
  fifo_enabled_ = overrun_ = transmitter_interrupt_ = false;
  transmitter_held_ = !output_->HasRoom();
}

void Uart::Reset() {
  absl::MutexLock lock(&mutex_);
  PowerOn();
  UpdateInterruptLine();
}

uint64_t Uart::Read(uint32_t offset, uint32_t) {
  absl::MutexLock lock(&mutex_);
  const uint8_t value = ReadRegister(offset);
  UpdateInterruptLine();
  return value;
}

void Uart::Write(uint32_t offset, uint32_t, uint64_t value) {
  absl::MutexLock lock(&mutex_);
  WriteRegister(offset, static_cast<uint8_t>(value));
  UpdateInterruptLine();
}

size_t Uart::Receive(absl::string_view bytes) {
  absl::MutexLock lock(&mutex_);
  const size_t taken = std::min(bytes.size(), kInputQueueBytes - queue_.size());
  for (const char byte : bytes.substr(0, taken)) queue_.push_back(static_cast<uint8_t>(byte));
  FillReceiver();
  UpdateInterruptLine();
  return taken;
}

void Uart::OnOutputRoom() {
  absl::MutexLock lock(&mutex_);
  NoteTransmitterState();
  UpdateInterruptLine();
}

uint8_t Uart::ReadRegister(uint32_t offset) {
  const bool latch = (line_control_ & kDivisorLatch) != 0;
  switch (offset) {
    case kData:
      return latch ? static_cast<uint8_t>(divisor_) : ReadReceiver();
    case kInterruptEnable:
      return latch ? static_cast<uint8_t>(divisor_ >> 8) : interrupt_enable_;
    case kInterruptIdentification:
      return ReadInterruptIdentification();
    case kLineControl:
      return line_control_;
    case kModemControl:
      return modem_control_;
    case kLineStatus:
      return ReadLineStatus();
    case kModemStatus:
      return ReadModemStatus();
    case kScratch:
      return scratch_;
    default:
      return 0xff;
  }
}

void Uart::WriteRegister(uint32_t offset, uint8_t value) {
  const bool latch = (line_control_ & kDivisorLatch) != 0;
  switch (offset) {
    case kData:
      if (latch) {
        divisor_ = static_cast<uint16_t>((divisor_ & 0xff00) | value);
      } else {
        Transmit(value);
      }
      break;
    case kInterruptEnable:
      if (latch) {
        divisor_ = static_cast<uint16_t>((divisor_ & 0x00ff) | value << 8);
      } else {
        SetInterruptEnable(value);
      }
      break;
    case kInterruptIdentification:
      SetFifoControl(value);
      break;
    case kLineControl:
      line_control_ = value;
      break;
    case kModemControl:
      SetModemControl(value);
      break;
    case kScratch:
      scratch_ = value;
      break;
    default:  // the status registers are only read
      break;
  }
}

uint8_t Uart::ReadReceiver() {
  if (receiver_.empty()) return 0;
  const uint8_t byte = receiver_.front();
  receiver_.pop_front();
  FillReceiver();
  return byte;
}

void Uart::Transmit(uint8_t value) {
  transmitter_interrupt_ = false;
  if (!loopback()) {
    output_->Append(value);
    NoteTransmitterState();
    transmitter_interrupt_ = !transmitter_held_;
    return;
  }
  transmitter_interrupt_ = true;
  if (receiver_.size() < receiver_capacity()) {
    receiver_.push_back(value);
  } else {
    overrun_ = true;
  }
}

// The transmitter becomes empty, and says so, when held-back output has room again.
void Uart::NoteTransmitterState() {
  const bool held = !output_->HasRoom();
  if (transmitter_held_ && !held) transmitter_interrupt_ = true;
  transmitter_held_ = held;
}

uint8_t Uart::ReadInterruptIdentification() {
  const uint8_t pending = PendingInterrupt();
  if (pending == kPendingTransmitter) transmitter_interrupt_ = false;  // reading it here acknowledges it
  return static_cast<uint8_t>(pending | (fifo_enabled_ ? kFifosEnabled : 0));
}

uint8_t Uart::ReadLineStatus() {
  NoteTransmitterState();
  uint8_t status = transmitter_held_ ? 0 : kStatusTransmitterEmpty;
  if (!receiver_.empty()) status |= kStatusDataReady;
  if (overrun_) status |= kStatusOverrun;
  overrun_ = false;
  return status;
}

uint8_t Uart::ReadModemStatus() {
  const uint8_t status = static_cast<uint8_t>(ModemLines() | modem_changes_);
  modem_changes_ = 0;
  return status;
}

void Uart::SetInterruptEnable(uint8_t value) {
  const bool transmitter_was_enabled = (interrupt_enable_ & kEnableTransmitter) != 0;
  interrupt_enable_ = value & kEnableMask;
  // Enabling it while the transmitter is empty raises it at once.
  if (!transmitter_was_enabled && (value & kEnableTransmitter) != 0) transmitter_interrupt_ = !transmitter_held_;
}

void Uart::SetFifoControl(uint8_t value) {
  const bool enabled = (value & kFifoEnable) != 0;
  // Turning the FIFOs on or off empties them (§8.4 of the data sheet).
  if (enabled != fifo_enabled_ || (value & kFifoClearReceiver) != 0) receiver_.clear();
  fifo_enabled_ = enabled;
  FillReceiver();
}

void Uart::SetModemControl(uint8_t value) {
  const uint8_t lines_before = ModemLines();
  modem_control_ = value & kControlMask;
  const uint8_t lines = ModemLines();
  const uint8_t changed = lines ^ lines_before;
  // The delta bits are the lines' own, four places down; for the ring line only the end of ringing counts.
  modem_changes_ |= static_cast<uint8_t>((changed & (kLineCts | kLineDsr | kLineCarrier)) >> 4);
  modem_changes_ |= static_cast<uint8_t>((changed & lines_before & kLineRing) >> 4);
  FillReceiver();
}

uint8_t Uart::ModemLines() const {
  if (!loopback()) return connected_ ? kLineCarrier | kLineDsr | kLineCts : 0;
  uint8_t lines = 0;
  if ((modem_control_ & kControlRts) != 0) lines |= kLineCts;
  if ((modem_control_ & kControlDtr) != 0) lines |= kLineDsr;
  if ((modem_control_ & kControlOut1) != 0) lines |= kLineRing;
  if ((modem_control_ & kControlOut2) != 0) lines |= kLineCarrier;
  return lines;
}

void Uart::FillReceiver() {
  if (loopback()) return;
  while (!queue_.empty() && receiver_.size() < receiver_capacity()) {
    receiver_.push_back(queue_.front());
    queue_.pop_front();
  }
}

uint8_t Uart::PendingInterrupt() const {
  if ((interrupt_enable_ & kEnableLineStatus) != 0 && overrun_) return kPendingLineStatus;
  if ((interrupt_enable_ & kEnableReceived) != 0 && !receiver_.empty()) return kPendingReceived;
  if ((interrupt_enable_ & kEnableTransmitter) != 0 && transmitter_interrupt_) return kPendingTransmitter;
  if ((interrupt_enable_ & kEnableModemStatus) != 0 && modem_changes_ != 0) return kPendingModemStatus;
  return kPendingNone;
}

void Uart::UpdateInterruptLine() {
  // In loopback OUT2 is disconnected from its pin, and with it the interrupt.
  const bool connected = (modem_control_ & kControlOut2) != 0 && !loopback();
  const bool asserted = connected && PendingInterrupt() != kPendingNone;
  if (asserted == line_asserted_) return;
  line_asserted_ = asserted;
  interrupt_->Set(asserted);
}

bool Uart::loopback() const { return (modem_control_ & kControlLoop) != 0; }

size_t Uart::receiver_capacity() const { return fifo_enabled_ ? kFifoBytes : 1; }

}  // namespace cimvisor::kvm
