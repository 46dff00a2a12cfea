#include "hypervisor-backend/worker/worker_program.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "hypervisor-backend/worker/confinement.h"
#include "hypervisor-backend/worker/descriptor_table.h"
#include "hypervisor-backend/worker/log.h"
#include "hypervisor-backend/worker/machine_process.h"
#include "hypervisor-backend/worker/seccomp_filter.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// In a build for tests: a data race ends the worker, so that a test sees it. No symbols: finding them takes a process
// of its own, which the filter forbids.
extern "C" const char* __tsan_default_options() { return "halt_on_error=1:symbolize=0:color=never"; }
#endif
#endif

namespace cimvisor::worker {
namespace {

std::string HelpText(const WorkerBackend& backend) {
  return absl::StrCat(backend.program,
                      " - runs one virtual machine of cimvisord, or one probe of the host\n\n"
                      "Usage:\n"
                      "  ",
                      backend.program,
                      " --machine            run the machine whose spec and descriptors were handed over\n"
                      "                                    (started by cimvisord only)\n"
                      "  ",
                      backend.program,
                      " --probe NAME [UID]   run one probe of this host's /dev/kvm, confined, and say how it went\n"
                      "  ",
                      backend.program,
                      " --help | --version\n\n"
                      "Probes: ",
                      backend.probes.empty() ? "none in this program" : absl::StrJoin(backend.probes, ", "),
                      "\n\n"
                      "Exit codes: 0 done, ",
                      kExitUsage, " usage, ", kExitMachineFailed, " the machine or probe failed, ", kExitNotConfined,
                      " the process could not be confined.\n");
}

// Prints "passed" or "failed: WHY" and a newline.
int RunProbe(const WorkerBackend& backend, const std::string& name, uint32_t user_id) {
  int kvm_fd = kKvm;
  if (fcntl(kKvm, F_GETFD) < 0) kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  if (kvm_fd < 0) {
    printf("failed: /dev/kvm cannot be opened\n");
    return kExitMachineFailed;
  }
  absl::Status confined = CloseAllExcept({STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, kvm_fd});
  // By hand as root there is no service that chose a user: nobody will do.
  constexpr uint32_t kNobody = 65534;
  if (confined.ok()) confined = DropPrivileges(user_id == 0 ? kNobody : user_id);
  if (confined.ok()) confined = LimitResources(kMaxProbeFileBytes);
  if (confined.ok()) {
    const absl::StatusOr<SeccompFilters> filters = SeccompFilters::Build({FilterKind::kProbe});
    confined = filters.ok() ? filters->Enter(FilterKind::kProbe) : filters.status();
  }
  if (!confined.ok()) {
    LogLine("error", "probe", absl::StrCat("cannot be confined: ", confined.message()));
    return kExitNotConfined;
  }
  const machine::ProbeResult result = backend.run_probe(name, kvm_fd);
  const std::string text = result.passed ? "passed\n" : absl::StrCat("failed: ", result.detail, "\n");
  [[maybe_unused]] const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
  _exit(result.passed ? 0 : kExitMachineFailed);
}

bool IsProbe(const WorkerBackend& backend, const std::string& name) {
  for (const std::string& probe : backend.probes) {
    if (probe == name) return true;
  }
  return false;
}

}  // namespace

int RunWorkerProgram(int argc, char** argv, const WorkerBackend& backend) {
  // One arena: less memory, and the C library never opens a file to ask whether it may shrink one.
  mallopt(M_ARENA_MAX, 1);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 1 && arguments[0] == "--help") {
    fputs(HelpText(backend).c_str(), stdout);
    return 0;
  }
  if (arguments.size() == 1 && arguments[0] == "--version") {
    printf("%s %s\n", backend.program.c_str(), CIMVISOR_VERSION);
    return 0;
  }
  if (arguments.size() == 1 && arguments[0] == "--machine") return RunMachineProcess(backend);
  uint32_t user_id = 0;
  if ((arguments.size() == 2 || (arguments.size() == 3 && absl::SimpleAtoi(arguments[2], &user_id))) &&
      arguments[0] == "--probe" && IsProbe(backend, arguments[1])) {
    return RunProbe(backend, arguments[1], user_id);
  }
  fprintf(stderr, "%s: %s\n\n%s", backend.program.c_str(),
          arguments.empty() ? "an argument is missing" : "these arguments are not known", HelpText(backend).c_str());
  return kExitUsage;
}

}  // namespace cimvisor::worker
