// cimvisor-worker-simulated: the worker program over the simulated machine, for tests only (it is not installed).
// Beside what a simulated machine answers, a line on its serial port can make one of its threads do what no filter
// allows:
//
//   forbidden control | forbidden processor | forbidden device       the thread calls socket(2)
//   stop                                                             the worker answers nothing any more
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "hypervisor-backend/machine/file_descriptor.h"
#include "hypervisor-backend/simulated/simulated_machine.h"
#include "hypervisor-backend/worker/worker_program.h"

namespace cimvisor {
namespace {

void MakeForbiddenCall() {
  // Answers an error at most, where no filter stands in the way.
  [[maybe_unused]] const int fd = socket(AF_INET, SOCK_STREAM, 0);
}

// A thread of a kind, confined as a real one, which waits to be told to break out.
class ProvokedThread {
 public:
  static absl::StatusOr<std::unique_ptr<ProvokedThread>> Start(machine::ThreadKind kind,
                                                               const machine::ThreadConfinement& confine) {
    auto thread = std::unique_ptr<ProvokedThread>(new ProvokedThread);
    thread->provoke_ = machine::FileDescriptor(eventfd(0, EFD_CLOEXEC));
    if (!thread->provoke_.valid()) return absl::InternalError("no eventfd");
    thread->thread_ = std::thread([fd = thread->provoke_.get(), kind, confine] {
      if (!confine(kind).ok()) _exit(worker::kExitNotConfined);
      uint64_t count = 0;
      if (read(fd, &count, sizeof(count)) == sizeof(count)) MakeForbiddenCall();
    });
    // It lives as long as its process.
    thread->thread_.detach();
    return thread;
  }
  void Provoke() {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(provoke_.get(), &one, sizeof(one));
  }

 private:
  ProvokedThread() = default;
  machine::FileDescriptor provoke_;
  std::thread thread_;
};

// Forwards to the simulated machine, except for the lines above.
class ProvocableMachine : public machine::Machine {
 public:
  ProvocableMachine(std::unique_ptr<machine::Machine> machine, std::unique_ptr<ProvokedThread> processor,
                    std::unique_ptr<ProvokedThread> device)
      : machine_(std::move(machine)), processor_(std::move(processor)), device_(std::move(device)) {}

  absl::Status Start() override { return machine_->Start(); }
  absl::Status Pause() override { return machine_->Pause(); }
  absl::Status Resume() override { return machine_->Resume(); }
  absl::Status Reset() override { return machine_->Reset(); }
  absl::Status TurnOff() override { return machine_->TurnOff(); }
  machine::MachineState state() const override { return machine_->state(); }
  absl::StatusOr<machine::Counters> GetCounters() const override { return machine_->GetCounters(); }
  absl::StatusOr<SerialHistory> ReadSerialHistory(uint32_t port) const override {
    return machine_->ReadSerialHistory(port);
  }
  absl::StatusOr<size_t> WriteSerial(uint32_t port, absl::string_view bytes) override {
    if (bytes == "forbidden control\n") MakeForbiddenCall();
    if (bytes == "forbidden processor\n") processor_->Provoke();
    if (bytes == "forbidden device\n") device_->Provoke();
    while (bytes == "stop\n") SleepForGood();
    return machine_->WriteSerial(port, bytes);
  }

 private:
  static void SleepForGood() { std::this_thread::sleep_for(std::chrono::hours(1)); }

  const std::unique_ptr<machine::Machine> machine_;
  const std::unique_ptr<ProvokedThread> processor_;
  const std::unique_ptr<ProvokedThread> device_;
};

absl::StatusOr<std::unique_ptr<machine::Machine>> MakeMachine(machine::MachineSpec spec,
                                                              machine::MachineObserver* observer,
                                                              const machine::ThreadConfinement& confine) {
  if (spec.command_line == "refuse") return absl::InvalidArgumentError("the command line asks to be refused");
  auto processor = ProvokedThread::Start(machine::ThreadKind::kProcessor, confine);
  auto device = ProvokedThread::Start(machine::ThreadKind::kDevice, confine);
  if (!processor.ok() || !device.ok()) return absl::InternalError("no threads");
  auto machine = simulated::SimulatedMachine::Make(std::move(spec), observer);
  if (!machine.ok()) return machine.status();
  return std::make_unique<ProvocableMachine>(*std::move(machine), *std::move(processor), *std::move(device));
}

}  // namespace
}  // namespace cimvisor

int main(int argc, char** argv) {
  cimvisor::worker::WorkerBackend backend;
  backend.program = "cimvisor-worker-simulated";
  backend.make_machine = cimvisor::MakeMachine;
  return cimvisor::worker::RunWorkerProgram(argc, argv, backend);
}
