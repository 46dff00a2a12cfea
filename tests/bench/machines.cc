// Start to the guest's first byte, and turning off, beside QEMU's microvm with the same guest under the same KVM.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/figures.h"
#include "tests/bench/world.h"
#include "tests/end_to_end/service_fixture.h"

namespace cimvisor::bench {
namespace {

// KVM here refuses the MSR of arch-capabilities, with which QEMU gives up.
constexpr char kQemuProcessor[] = "host,arch-capabilities=off";

struct Times {
  double start = 0;
  double turn_off = 0;
};

// One life of a machine through the API: asked to start, first byte on its console, turned off.
Times OurTimes(World& world, const std::string& path) {
  grpc::ClientContext context;
  const auto stream = world.client().console().Attach(&context);
  cimvisor::v1::ConsoleRequest request;
  request.mutable_open()->set_path(path);
  request.mutable_open()->set_no_history(true);
  cimvisor::v1::ConsoleResponse response;
  if (!stream->Write(request) || !stream->Read(&response) || !response.has_opened())
    throw MeasurementFailed("cannot attach to the console");
  Times times;
  times.start = Seconds([&] {
    const auto result = world.client().Invoke(path, "RequestStateChange",
                                              {client::Parameter("RequestedState", client::UnsignedValue(2))});
    Require(result.status(), "RequestStateChange");
    while (stream->Read(&response)) {
      if (response.kind_case() == cimvisor::v1::ConsoleResponse::kData) return;
    }
    throw MeasurementFailed("the console was closed before the guest wrote");
  });
  context.TryCancel();
  while (stream->Read(&response)) {
  }
  stream->Finish();
  testing::Eventually(
      [&] { return client::Integer(*world.client().GetInstance(path, {"EnabledState"}), "EnabledState") == 2; });
  times.turn_off = Seconds([&] { world.RequestState(world.client(), path, 3); });
  return times;
}

// The same life under QEMU: exec to the first byte of the serial port; "quit" on its monitor to its end.
class QemuMachine {
 public:
  QemuMachine(const std::string& folder, const std::string& guest) : monitor_(folder + "/monitor") {
    int output[2];
    unlink(monitor_.c_str());
    if (pipe(output) != 0) throw MeasurementFailed("pipe");
    pid_ = fork();
    if (pid_ == 0) {
      dup2(output[1], STDOUT_FILENO);
      dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
      dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
      execlp("qemu-system-x86_64", "qemu-system-x86_64", "-M", "microvm,x-option-roms=off,isa-serial=on", "-accel",
             "kvm", "-cpu", kQemuProcessor, "-m", "32", "-nodefaults", "-no-user-config", "-display", "none", "-serial",
             "stdio", "-monitor", absl::StrCat("unix:", monitor_, ",server,nowait").c_str(), "-kernel", guest.c_str(),
             nullptr);
      _exit(127);
    }
    close(output[1]);
    output_ = output[0];
  }
  ~QemuMachine() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(output_);
  }
  QemuMachine(const QemuMachine&) = delete;
  QemuMachine& operator=(const QemuMachine&) = delete;

  bool WaitForFirstByte() {
    pollfd wait = {output_, POLLIN, 0};
    char byte = 0;
    return poll(&wait, 1, 30000) == 1 && read(output_, &byte, 1) == 1;
  }
  void Quit() {
    const int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    monitor_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        write(connection, "quit\n", 5) != 5) {
      throw MeasurementFailed("cannot reach QEMU's monitor");
    }
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
    close(connection);
  }
  pid_t pid() const { return pid_; }

 private:
  std::string monitor_;
  pid_t pid_ = -1;
  int output_ = -1;
};

Times QemuTimes(World& world) {
  Times times;
  std::unique_ptr<QemuMachine> machine;
  times.start = Seconds([&] {
    machine = std::make_unique<QemuMachine>(world.folder(), world.guest());
    if (!machine->WaitForFirstByte()) throw MeasurementFailed("QEMU's guest did not write");
  });
  times.turn_off = Seconds([&] { machine->Quit(); });
  return times;
}

}  // namespace

void MeasureMachines(const Plan& plan, std::vector<Row>& rows) {
  World world;
  world.Start();
  const std::string path = world.Define(world.client(), "timed", true);
  OurTimes(world, path);
  std::vector<Times> ours;
  std::vector<Times> theirs;
  for (int i = 0; i < plan.pairs; ++i) {
    ours.push_back(OurTimes(world, path));
    theirs.push_back(QemuTimes(world));
  }
  size_t a = 0;
  size_t b = 0;
  rows.push_back(MeasurePairs(
      "start a machine to its guest's first byte", "s", "QEMU microvm, same guest, same KVM", plan.pairs, {0.4, true},
      [&] { return ours[a++].start; }, [&] { return theirs[b++].start; }));
  a = b = 0;
  rows.push_back(MeasurePairs(
      "turn a machine off", "s", "QEMU's quit", plan.pairs, {1.0, true}, [&] { return ours[a++].turn_off; },
      [&] { return theirs[b++].turn_off; }));

  world.RequestState(world.client(), path, 2);
  QemuMachine qemu(world.folder(), world.guest());
  qemu.WaitForFirstByte();
  const double worker = ResidentBytes(static_cast<int>(world.WorkerPid(path)));
  const double qemu_bytes = ResidentBytes(qemu.pid());
  rows.push_back(AbsoluteRow("resident memory of a worker without guest memory, in MiB", Format(worker, "bytes"),
                             Format(qemu_bytes, "bytes") + " (QEMU microvm, guest memory included)", worker / (1 << 20),
                             {6, true}));
}

}  // namespace cimvisor::bench
