#include "hypervisor-backend/worker/main/worker_test_support.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace cimvisor::worker {

namespace {

std::filesystem::path BuildFolder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path();
}

}  // namespace

std::string WorkerProgram(const std::string& name) { return (BuildFolder() / "libexec" / "cimvisor" / name).string(); }

WorkerHypervisorOptions SimulatedOptions(const std::string& runtime_directory) {
  WorkerHypervisorOptions options;
  options.name = "simulated worker";
  options.worker_program = WorkerProgram("cimvisor-worker-simulated");
  options.runtime_directory = runtime_directory;
  options.kvm_device = "";
  options.handshake_timeout = absl::Seconds(30);
  return options;
}

WorkerHypervisorOptions KvmOptions(const std::string& runtime_directory) {
  WorkerHypervisorOptions options = SimulatedOptions(runtime_directory);
  options.name = "kvm";
  options.worker_program = WorkerProgram("cimvisor-worker");
  options.kvm_device = "/dev/kvm";
  return options;
}

machine::MachineSpec SpecWithGuest(const std::string& machine_id) {
  machine::MachineSpec spec = SmallSpec(machine_id);
  spec.kernel_fd = open((BuildFolder() / "guest" / "hello").c_str(), O_RDONLY | O_CLOEXEC);
  return spec;
}

machine::MachineSpec SmallSpec(const std::string& machine_id) {
  machine::MachineSpec spec;
  spec.machine_id = machine_id;
  spec.name = "small";
  spec.memory_bytes = 64 << 20;
  spec.serial_ports = {{true}, {true}};
  return spec;
}

std::string StatusField(uint32_t process_id, const std::string& name) {
  std::ifstream file(absl::StrCat("/proc/", process_id, "/status"));
  std::string line;
  while (std::getline(file, line)) {
    absl::string_view rest = line;
    if (absl::ConsumePrefix(&rest, name + ":")) return std::string(absl::StripAsciiWhitespace(rest));
  }
  return "";
}

}  // namespace cimvisor::worker
