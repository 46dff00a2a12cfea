// What the observer is to hear, in order.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_NOTIFIER_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_NOTIFIER_H_

#include <deque>
#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "hypervisor-backend/kvm/device_set.h"
#include "hypervisor-backend/machine/machine.h"

namespace cimvisor::kvm {

// Any thread posts; one thread, with no lock held, delivers. So an observer may take locks of its own that it also
// holds when it calls the machine.
class Notifier {
 public:
  explicit Notifier(machine::MachineObserver* observer) : observer_(observer) {}

  void PostStateChanged(machine::MachineState from, machine::MachineState to) ABSL_LOCKS_EXCLUDED(mutex_);
  void PostReset() ABSL_LOCKS_EXCLUDED(mutex_);
  void PostEnded(machine::EndReason reason) ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasPosts() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Delivers what waits: what the serial ports wrote before a post comes before it. False: a port has more.
  bool Deliver(const DeviceSet& devices) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Post = std::function<void(machine::MachineObserver*)>;
  void Add(Post post) ABSL_LOCKS_EXCLUDED(mutex_);
  bool TakeFirst(Post* post) ABSL_LOCKS_EXCLUDED(mutex_);
  void DeliverSerialOutput(const DeviceSet& devices);

  machine::MachineObserver* const observer_;
  mutable absl::Mutex mutex_;
  std::deque<Post> posts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_NOTIFIER_H_
