#include "hypervisor-backend/worker/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace cimvisor::worker {
namespace {

constexpr int kFirstSafe = 64;  // above every number of the descriptor table

// posix_spawn's attributes and actions, released by their end.
struct SpawnSettings {
  SpawnSettings() {
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
};

}  // namespace

absl::StatusOr<SpawnedProcess> Spawn(const std::string& program, const std::vector<std::string>& arguments,
                                     const std::vector<HandedDescriptor>& descriptors) {
  SpawnSettings settings;
  sigset_t all;
  sigset_t none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&settings.attributes, &all);
  posix_spawnattr_setsigmask(&settings.attributes, &none);
  posix_spawnattr_setflags(&settings.attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  std::vector<machine::FileDescriptor> sources;  // moved out of the targets' way
  std::vector<HandedDescriptor> handed = descriptors;
  machine::FileDescriptor null(open("/dev/null", O_RDWR | O_CLOEXEC));
  for (int standard = 0; standard <= 2; ++standard) {
    const bool named = std::any_of(handed.begin(), handed.end(),
                                   [standard](const HandedDescriptor& d) { return d.target == standard; });
    if (!named) handed.push_back({null.get(), standard});
  }
  for (const HandedDescriptor& descriptor : handed) {
    sources.emplace_back(fcntl(descriptor.source, F_DUPFD_CLOEXEC, kFirstSafe));
    if (!sources.back().valid()) {
      return absl::ErrnoToStatus(
          errno, absl::StrCat("cannot hand over descriptor ", descriptor.source, " as ", descriptor.target));
    }
    posix_spawn_file_actions_adddup2(&settings.actions, sources.back().get(), descriptor.target);
  }
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  char* environment[] = {nullptr};
  SpawnedProcess process;
  const int error = posix_spawn(&process.process_id, program.c_str(), &settings.actions, &settings.attributes,
                                argv.data(), environment);
  if (error != 0) return absl::ErrnoToStatus(error, absl::StrCat("cannot start ", program));
  // Not reaped yet, so the number is still its own.
  process.pidfd = machine::FileDescriptor(static_cast<int>(syscall(SYS_pidfd_open, process.process_id, 0)));
  if (!process.pidfd.valid()) {
    const int open_error = errno;
    kill(process.process_id, SIGKILL);
    waitpid(process.process_id, nullptr, 0);
    return absl::ErrnoToStatus(open_error, absl::StrCat("cannot watch ", program));
  }
  return process;
}

bool Reap(int pidfd) {
  siginfo_t info{};
  return waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG) == 0 &&
         info.si_pid != 0;
}

void SignalProcess(int pidfd, int signal) { syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0); }

bool WaitForEnd(int pidfd, absl::Duration limit) {
  const absl::Time deadline = absl::Now() + limit;
  while (true) {
    pollfd polled{pidfd, POLLIN, 0};
    const int64_t left = std::max<int64_t>(0, absl::ToInt64Milliseconds(deadline - absl::Now()));
    const int ready = poll(&polled, 1, static_cast<int>(std::min<int64_t>(left, 60'000)));
    if (ready > 0) return true;
    if (absl::Now() >= deadline) return false;
  }
}

}  // namespace cimvisor::worker
