#include "hypervisor-backend/kvm/processors.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <system_error>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "hypervisor-backend/kvm/kick_signal.h"
#include "hypervisor-backend/machine/status_macros.h"

namespace cimvisor::kvm {
absl::StatusOr<std::unique_ptr<Processors>> Processors::Create(int kvm_fd, const Vm& vm, uint32_t count,
                                                               ExitHandler* handler,
                                                               const machine::ThreadConfinement& confine) {
  RETURN_IF_ERROR(HandleKickSignal());
  auto processors = absl::WrapUnique(new Processors(handler));
  for (uint32_t i = 0; i < count; ++i) {
    auto worker = std::make_unique<Worker>();
    ASSIGN_OR_RETURN(worker->vcpu, Vcpu::Create(kvm_fd, vm, i, count));
    processors->workers_.push_back(std::move(worker));
  }
  RETURN_IF_ERROR(processors->StartThreads(confine));
  return processors;
}

absl::Status Processors::StartThreads(const machine::ThreadConfinement& confine) {
  // std::thread throws where the host has no more threads; nothing of that may leave this room.
  uint32_t started = 0;
  try {
    for (const auto& worker : workers_) {
      worker->thread = std::thread([this, worker = worker.get(), &confine] { ThreadMain(worker, &confine); });
      ++started;
    }
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(absl::StrCat("cannot make a thread for vCPU ", started, ": ", error.what()));
  }
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &Processors::AllConfined));
  return confinement_;
}

Processors::~Processors() {
  Stop();
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
  }
  for (const auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

void Processors::Stop() {
  absl::MutexLock lock(&mutex_);
  stopping_.store(true);
  for (const auto& worker : workers_) {
    worker->vcpu->RequestExit();
    if (!worker->standing && worker->thread.joinable()) ::pthread_kill(worker->thread.native_handle(), KickSignal());
  }
}

void Processors::WaitUntilStopped() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &Processors::AllStanding));
}

void Processors::Run() {
  absl::MutexLock lock(&mutex_);
  for (const auto& worker : workers_) {
    worker->vcpu->ForgetExitRequest();
    worker->standing = false;
  }
  stopping_.store(false);
}

absl::Status Processors::Reset(const StartState& start) {
  for (const auto& worker : workers_) RETURN_IF_ERROR(worker->vcpu->Reset());
  return workers_.front()->vcpu->SetStart(start);
}

bool Processors::AllStanding() const {
  return std::all_of(workers_.begin(), workers_.end(), [](const auto& worker) { return worker->standing; });
}

uint64_t Processors::ProcessorNanoseconds(uint32_t index) const {
  clockid_t clock;
  timespec time;
  std::thread& thread = workers_[index]->thread;
  if (::pthread_getcpuclockid(thread.native_handle(), &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0;
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

uint64_t Processors::UserspaceExits() const {
  uint64_t exits = 0;
  for (const auto& worker : workers_) exits += worker->exits.load(std::memory_order_relaxed);
  return exits;
}

void Processors::ThreadMain(Worker* worker, const machine::ThreadConfinement* confine) {
  const absl::Status confined = (*confine)(machine::ThreadKind::kProcessor);
  UnblockKickSignal();
  absl::MutexLock lock(&mutex_);
  if (!confined.ok()) confinement_ = confined;
  ++confined_;  // from here on `confine` may be gone
  worker->standing = true;
  while (true) {
    const auto wanted = [this, worker]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return ending_ || !worker->standing; };
    mutex_.Await(absl::Condition(&wanted));
    if (ending_) return;
    mutex_.Unlock();
    RunGuest(worker);
    mutex_.Lock();
    worker->standing = true;
  }
}

void Processors::RunGuest(Worker* worker) {
  Vcpu& vcpu = *worker->vcpu;
  bool go_on = true;
  while (go_on && !stopping_.load()) {
    const int error = vcpu.Enter();
    if (error == EINTR || error == EAGAIN) continue;
    if (error != 0) {
      handler_->HandleEntryFailure(vcpu, error);
      return;
    }
    worker->exits.fetch_add(1, std::memory_order_relaxed);
    go_on = handler_->HandleExit(vcpu);
  }
  // An access that takes several exits (a string of bytes) goes on until it is complete; KVM leaves one alone after
  // 1024.
  while (!vcpu.FinishAccess()) (void)handler_->HandleExit(vcpu);
}

}  // namespace cimvisor::kvm
