#include "hypervisor-backend/kvm/notifier.h"

#include <algorithm>
#include <utility>

namespace cimvisor::kvm {
namespace {

constexpr size_t kChunkBytes = 16 * 1024;
// How many chunks of one port go before it is another's turn; a guest that prints without end holds nobody up.
constexpr int kChunksAtOnce = 4;

}  // namespace

void Notifier::Add(Post post) {
  absl::MutexLock lock(&mutex_);
  posts_.push_back(std::move(post));
}

void Notifier::PostStateChanged(machine::MachineState from, machine::MachineState to) {
  Add([from, to](machine::MachineObserver* observer) { observer->OnStateChanged(from, to); });
}

void Notifier::PostReset() {
  Add([](machine::MachineObserver* observer) { observer->OnReset(); });
}

void Notifier::PostEnded(machine::EndReason reason) {
  Add([reason = std::move(reason)](machine::MachineObserver* observer) { observer->OnEnded(reason); });
}

bool Notifier::HasPosts() const {
  absl::MutexLock lock(&mutex_);
  return !posts_.empty();
}

bool Notifier::TakeFirst(Post* post) {
  absl::MutexLock lock(&mutex_);
  if (posts_.empty()) return false;
  *post = std::move(posts_.front());
  posts_.pop_front();
  return true;
}

bool Notifier::Deliver(const DeviceSet& devices) {
  DeliverSerialOutput(devices);
  Post post;
  while (TakeFirst(&post)) {
    // The vCPUs stood still before the end was posted: what they wrote is all there.
    DeliverSerialOutput(devices);
    post(observer_);
  }
  return std::none_of(devices.serial_ports().begin(), devices.serial_ports().end(),
                      [](const SerialPort& port) { return port.output->HasOutput(); });
}

void Notifier::DeliverSerialOutput(const DeviceSet& devices) {
  for (size_t i = 0; i < devices.serial_ports().size(); ++i) {
    const SerialPort& port = devices.serial_ports()[i];
    for (int chunks = 0; chunks < kChunksAtOnce; ++chunks) {
      const SerialOutput::Chunk chunk = port.output->Take(kChunkBytes);
      if (chunk.bytes.empty()) break;
      observer_->OnSerialOutput(static_cast<uint32_t>(i), chunk.offset, chunk.bytes);
      port.uart->OnOutputRoom();
    }
  }
}

}  // namespace cimvisor::kvm
