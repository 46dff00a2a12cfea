#include "service/daemon/service_loop.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "hypervisor-backend/worker/worker_hypervisor.h"
#include "service/cim/status_macros.h"
#include "service/daemon/composition.h"
#include "service/daemon/folders.h"
#include "service/daemon/host_check.h"
#include "service/daemon/log.h"
#include "service/daemon/program_paths.h"
#include "service/daemon/systemd_notify.h"
#include "service/store/store.h"

namespace cimvisor::daemon {
namespace {

// For calls under way. An idle connection uses it up, too: gRPC waits for its client, which may not be listening.
constexpr absl::Duration kGrace = absl::Milliseconds(500);

// Blocked in every thread, so that only the loop below takes them.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// Each connection and each machine takes descriptors; the soft limit is often 1,024.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // else it stays what it is
}

void Notify(Log& log, absl::string_view state) {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  const absl::Status told = NotifySystemd(socket == nullptr ? "" : socket, state);
  if (!told.ok()) log.Write(Severity::kWarning, "service", "", told.message());
}

void Reload(const CommandLine& command_line, Composition& composition, Log& log) {
  const absl::StatusOr<Settings> settings = LoadSettings(command_line);
  if (!settings.ok()) {
    log.Write(Severity::kError, "service", "", absl::StrCat("nothing was reloaded: ", settings.status().message()));
    return;
  }
  const absl::Status reloaded = composition.Reload(*settings);
  if (reloaded.ok()) {
    log.Write(Severity::kInformation, "service", "", "roles and certificates were read anew");
  } else {
    log.Write(Severity::kError, "service", "",
              absl::StrCat("roles were read anew; the certificates stay as they were: ", reloaded.message()));
  }
}

absl::StatusOr<machine::HostCapabilities> CheckHost(const std::string& runtime_directory) {
  ASSIGN_OR_RETURN(const std::string own_program, OwnProgram());
  worker::WorkerHypervisorOptions options;
  ASSIGN_OR_RETURN(options.worker_program, WorkerProgram(own_program));
  options.runtime_directory = runtime_directory;
  ASSIGN_OR_RETURN(const std::unique_ptr<worker::WorkerHypervisor> hypervisor,
                   worker::WorkerHypervisor::Create(std::move(options)));
  return hypervisor->Qualify(true);
}

}  // namespace

int RunService(const CommandLine& command_line, Settings settings) {
  const sigset_t signals = BlockSignals();
  RaiseDescriptorLimit();
  umask(0027);
  Log log(settings.log_level);
  log.Write(Severity::kInformation, "service", "",
            absl::StrCat("cimvisord ", CIMVISOR_VERSION, " starts as process ", getpid(), ", state in ",
                         settings.state_directory));
  absl::StatusOr<std::unique_ptr<Composition>> composition = Composition::Start(std::move(settings), log);
  if (!composition.ok()) {
    log.Write(Severity::kError, "service", "", composition.status().message());
    return 1;
  }
  Notify(log, "READY=1");
  while (true) {
    const int signal = sigwaitinfo(&signals, nullptr);
    if (signal == SIGHUP) Reload(command_line, **composition, log);
    if (signal == SIGTERM || signal == SIGINT) break;
  }
  log.Write(Severity::kInformation, "service", "", "ending; running machines run on");
  Notify(log, "STOPPING=1");
  (*composition)->Shutdown(kGrace);
  composition->reset();
  log.Write(Severity::kInformation, "service", "", "ended");
  return 0;
}

int RunRestore(const CommandLine& command_line, const Settings& settings) {
  const std::string database = DatabasePath(settings.state_directory);
  const absl::Status restored = store::RestoreBackup(*command_line.restore, database);
  if (!restored.ok()) {
    std::fprintf(stderr, "cimvisord: nothing was restored: %s\n", std::string(restored.message()).c_str());
    return 1;
  }
  std::printf("%s was restored from %s\n", database.c_str(), command_line.restore->c_str());
  return 0;
}

int RunCheckHost(const Settings&) {
  std::string folder = (std::filesystem::temp_directory_path() / "cimvisor-check-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    std::perror("cimvisord: cannot make a temporary folder");
    return 1;
  }
  const absl::StatusOr<machine::HostCapabilities> host = CheckHost(folder);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  if (!host.ok()) {
    std::fprintf(stderr, "cimvisord: the host could not be checked: %s\n",
                 std::string(host.status().message()).c_str());
    return 1;
  }
  std::fputs(HostReport(*host).c_str(), stdout);
  return host->verdict == machine::HostVerdict::kNone ? 1 : 0;
}

}  // namespace cimvisor::daemon
