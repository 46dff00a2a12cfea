// What comes over a worker's socket or stands in its process record: bytes are cut into frames, parsed and converted as
// either side does it; and a worker (over the simulated machine) is sent them by its controller. It answers, or ends
// the connection, and serves the next one.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cimvisor/worker/v1/worker.pb.h"
#include "hypervisor-backend/machine/counters.h"
#include "hypervisor-backend/simulated/simulated_machine.h"
#include "hypervisor-backend/worker/control_server.h"
#include "hypervisor-backend/worker/host_qualification.h"
#include "hypervisor-backend/worker/last_words.h"
#include "hypervisor-backend/worker/messages.h"
#include "hypervisor-backend/worker/process_record.h"
#include "hypervisor-backend/worker/wire.h"

namespace {

namespace machine = cimvisor::machine;
namespace worker = cimvisor::worker;

void Require(bool condition) {
  if (!condition) std::abort();
}

// A worker's loop on a thread of its own, made anew when a message has turned its machine off.
class ServedWorker {
 public:
  ServedWorker() {
    spec_.set_machine_id("M");
    spec_.set_launch_id("L");
    spec_.set_boot_id("B");
    spec_.set_memory_bytes(64 << 20);
    spec_.set_processors(1);
    spec_.add_serial_ports()->set_connected(true);
    spec_.set_controller_user_id(geteuid());
    page_ = machine::FileDescriptor(memfd_create("counters", MFD_CLOEXEC));
    Require(ftruncate(page_.get(), machine::kCountersPageSize) == 0);
    last_words_ = std::move(worker::LastWords::Make()).value();
  }
  ~ServedWorker() { Stop(); }

  // Greets as a controller, sends `bytes`, and reads until the worker has answered all that it will.
  void Send(const std::string& bytes) {
    if (finished_) Restart();
    machine::FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    Require(connect(fd.get(), reinterpret_cast<sockaddr*>(&address_), address_size_) == 0);
    worker::v1::ServiceMessage hello;
    hello.mutable_hello()->set_minimum_protocol(1);
    hello.mutable_hello()->set_maximum_protocol(1);
    hello.mutable_hello()->set_machine_id("M");
    hello.mutable_hello()->set_launch_id("L");
    hello.mutable_hello()->set_boot_id("B");
    hello.mutable_hello()->set_epoch(1);
    std::string all;
    Require(worker::AppendFrame(hello, &all).ok());
    all += bytes;
    // The worker may close before it has read everything.
    [[maybe_unused]] const ssize_t sent = send(fd.get(), all.data(), all.size(), MSG_NOSIGNAL);
    shutdown(fd.get(), SHUT_WR);
    char buffer[65536];
    while (read(fd.get(), buffer, sizeof(buffer)) > 0) {
    }
  }

 private:
  void Restart() {
    Stop();
    address_ = {};
    address_.sun_family = AF_UNIX;
    // An abstract name: nothing of it stays.
    const std::string name = absl::StrCat("cimvisor-fuzz-", getpid(), "-", ++generation_);
    name.copy(address_.sun_path + 1, sizeof(address_.sun_path) - 1);
    address_size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    machine::FileDescriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    Require(bind(listener.get(), reinterpret_cast<sockaddr*>(&address_), address_size_) == 0);
    Require(listen(listener.get(), 8) == 0);
    server_ =
        std::move(worker::ControlServer::Make(spec_, std::move(listener), page_.get(), last_words_.get())).value();
    machine::MachineSpec spec;
    spec.memory_bytes = 64 << 20;
    spec.serial_ports = {{true}};
    machine_ = std::move(cimvisor::simulated::SimulatedMachine::Make(std::move(spec), server_.get())).value();
    Require(machine_->Start().ok());
    finished_ = false;
    thread_ = std::thread([this] {
      server_->Run(machine_.get());
      finished_ = true;
    });
  }
  void Stop() {
    if (!thread_.joinable()) return;
    // Refused when a message has done it already.
    machine_->TurnOff().IgnoreError();
    thread_.join();
    machine_.reset();
    server_.reset();
  }

  worker::v1::LaunchSpec spec_;
  machine::FileDescriptor page_;
  std::unique_ptr<worker::LastWords> last_words_;
  std::unique_ptr<worker::ControlServer> server_;
  std::unique_ptr<machine::Machine> machine_;
  std::thread thread_;
  std::atomic<bool> finished_ = true;
  sockaddr_un address_{};
  socklen_t address_size_ = 0;
  int generation_ = 0;
};

// The service's reading of frames: every conversion answers, and what is taken over is in range.
void ReadAsService(const std::string& bytes, size_t step) {
  worker::FrameReader reader;
  for (size_t at = 0; at < bytes.size(); at += step) {
    reader.Append(absl::string_view(bytes).substr(at, step));
    absl::string_view frame;
    while (true) {
      const auto next = reader.Next(&frame);
      if (!next.ok()) return;
      if (!*next) break;
      Require(!frame.empty() && frame.size() <= worker::kMaxFrameBytes);
      worker::v1::WorkerMessage message;
      if (!message.ParseFromArray(frame.data(), static_cast<int>(frame.size()))) continue;
      const auto reason = worker::EndReasonFromWire(message.event().ended());
      Require(!reason.ok() || reason->kind <= machine::EndKind::kHostRestarted);
      const auto state = worker::StateFromWire(message.welcome().state());
      Require(!state.ok() || *state <= machine::MachineState::kStopping);
      (void)worker::StatusFromWire(message.result().code(), message.result().message());
    }
  }
}

void ReadAsRecord(const std::string& bytes) {
  const machine::FileDescriptor file(memfd_create("record", MFD_CLOEXEC));
  Require(write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  const auto history = worker::ReadProcessHistory(file.get());
  if (!history.ok() || !history->ended) return;
  Require(history->started.has_value());
  Require(worker::EndReasonOf(*history->ended).kind <= machine::EndKind::kHostRestarted);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static ServedWorker served;  // its thread outlives one input
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      ReadAsService(bytes, 1 + data[0] / 4);
      break;
    case 1:
      ReadAsRecord(bytes);
      break;
    case 2:
      (void)worker::ParseVerdict("key", bytes);
      break;
    default:
      served.Send(bytes);
      break;
  }
  return 0;
}
