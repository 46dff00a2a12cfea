// A serial port: National Semiconductor's 16550A (data sheet PC16550D, June 1995).
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_UART_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_UART_H_

#include <cstddef>
#include <cstdint>
#include <deque>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "hypervisor-backend/kvm/devices/interrupt_line.h"
#include "hypervisor-backend/kvm/devices/serial_output.h"
#include "hypervisor-backend/kvm/io_bus.h"

namespace cimvisor::kvm {

// Eight byte registers. A byte is sent as soon as it is written, and is received as soon as there is room for it in the
// receiver; the baud rate is kept and means nothing. Received bytes wait in a bounded queue ahead of the receiver's
// FIFO, as if the other end honoured flow control, so that nothing typed is lost while the guest is slow.
class Uart final : public RegisterDevice {
 public:
  static constexpr uint32_t kRegisters = 8;
  static constexpr size_t kInputQueueBytes = 4096;

  // `connected`: there is something at the other end (carrier, data set ready, clear to send). `output` and `interrupt`
  // must outlive the UART.
  Uart(bool connected, SerialOutput* output, InterruptLine* interrupt);

  uint64_t Read(uint32_t offset, uint32_t size) override;
  void Write(uint32_t offset, uint32_t size, uint64_t value) override;
  void Reset() override;

  // Bytes from the other end. Returns how many were taken: as many as there is room for.
  size_t Receive(absl::string_view bytes);

  // The output has room again.
  void OnOutputRoom();

 private:
  void PowerOn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint8_t ReadRegister(uint32_t offset) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteRegister(uint32_t offset, uint8_t value) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint8_t ReadReceiver() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Transmit(uint8_t value) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint8_t ReadInterruptIdentification() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint8_t ReadLineStatus() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint8_t ReadModemStatus() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetInterruptEnable(uint8_t value) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetFifoControl(uint8_t value) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetModemControl(uint8_t value) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint8_t ModemLines() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FillReceiver() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void NoteTransmitterState() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint8_t PendingInterrupt() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void UpdateInterruptLine() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool loopback() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  size_t receiver_capacity() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const bool connected_;
  SerialOutput* const output_;
  InterruptLine* const interrupt_;

  absl::Mutex mutex_;
  std::deque<uint8_t> receiver_ ABSL_GUARDED_BY(mutex_);  // at most receiver_capacity()
  std::deque<uint8_t> queue_ ABSL_GUARDED_BY(mutex_);     // at most kInputQueueBytes
  uint16_t divisor_ ABSL_GUARDED_BY(mutex_) = 0;
  uint8_t interrupt_enable_ ABSL_GUARDED_BY(mutex_) = 0;
  uint8_t line_control_ ABSL_GUARDED_BY(mutex_) = 0;
  uint8_t modem_control_ ABSL_GUARDED_BY(mutex_) = 0;
  uint8_t scratch_ ABSL_GUARDED_BY(mutex_) = 0;
  uint8_t modem_changes_ ABSL_GUARDED_BY(mutex_) = 0;  // the delta bits of the modem status
  bool fifo_enabled_ ABSL_GUARDED_BY(mutex_) = false;
  bool overrun_ ABSL_GUARDED_BY(mutex_) = false;
  bool transmitter_interrupt_ ABSL_GUARDED_BY(mutex_) = false;  // "transmitter empty" has not been told yet
  bool transmitter_held_ ABSL_GUARDED_BY(mutex_) = false;       // busy, since the output has no room
  bool line_asserted_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_UART_H_
