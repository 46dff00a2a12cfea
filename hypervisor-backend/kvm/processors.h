// The machine's virtual processors, a thread each, which run and stand still together.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_PROCESSORS_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_PROCESSORS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "hypervisor-backend/kvm/vcpu.h"
#include "hypervisor-backend/machine/thread_confinement.h"

namespace cimvisor::kvm {

// Decides what an exit from the guest means. Called on the vCPU's thread, by several at once.
class ExitHandler {
 public:
  virtual ~ExitHandler() = default;
  // The guest needs something: vcpu.run() says what. False: this vCPU must not go on (Stop was called, or will be).
  virtual bool HandleExit(Vcpu& vcpu) = 0;
  // KVM_RUN itself failed.
  virtual void HandleEntryFailure(Vcpu& vcpu, int error) = 0;
};

class Processors {
 public:
  // Makes the vCPUs and their threads, which stand still. `handler` must outlive this. An error of `confine` is passed
  // on.
  static absl::StatusOr<std::unique_ptr<Processors>> Create(int kvm_fd, const Vm& vm, uint32_t count,
                                                            ExitHandler* handler,
                                                            const machine::ThreadConfinement& confine);
  // Stops and ends the threads.
  ~Processors();

  // Tells every vCPU to stop; does not wait. Any thread, a vCPU's too.
  void Stop();
  // Waits until every vCPU stands still after a Stop: then no guest code runs, the last port or memory access is
  // complete, and the registers are true. Not on a vCPU's thread.
  void WaitUntilStopped();
  // Lets them run. They must stand still.
  void Run();

  // All vCPUs to the state after reset, the first at `start`. They must stand still.
  absl::Status Reset(const StartState& start);

  uint32_t count() const { return static_cast<uint32_t>(workers_.size()); }
  // CPU time of a vCPU's thread, and how often the guest came out to userspace in all. Any time.
  uint64_t ProcessorNanoseconds(uint32_t index) const;
  uint64_t UserspaceExits() const;

 private:
  struct Worker {
    std::unique_ptr<Vcpu> vcpu;
    std::atomic<uint64_t> exits{0};
    bool standing = false;  // guarded by the mutex of Processors
    std::thread thread;
  };

  explicit Processors(ExitHandler* handler) : handler_(handler) {}
  absl::Status StartThreads(const machine::ThreadConfinement& confine);
  void ThreadMain(Worker* worker, const machine::ThreadConfinement* confine);
  void RunGuest(Worker* worker);
  bool AllStanding() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool AllConfined() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return confined_ == workers_.size(); }

  ExitHandler* const handler_;
  std::vector<std::unique_ptr<Worker>> workers_;  // fixed after Create
  std::atomic<bool> stopping_{true};              // written under the mutex
  mutable absl::Mutex mutex_;
  uint32_t confined_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status confinement_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_PROCESSORS_H_
