#include "hypervisor-backend/worker/confinement.h"

#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "hypervisor-backend/machine/status_macros.h"

namespace cimvisor::worker {
namespace {

absl::Status CloseRange(unsigned first, unsigned last) {
  if (first > last) return absl::OkStatus();
  if (syscall(SYS_close_range, first, last, 0) != 0) return absl::ErrnoToStatus(errno, "cannot close descriptors");
  return absl::OkStatus();
}

// The bounding set is what an exec could bring back. Needs CAP_SETPCAP, so only root can, and only root must.
absl::Status EmptyBoundingSet() {
  for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
      return absl::ErrnoToStatus(errno, absl::StrCat("cannot drop capability ", capability));
    }
  }
  return absl::OkStatus();
}

absl::Status EmptyCapabilities() {
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) {
    return absl::ErrnoToStatus(errno, "cannot clear the ambient capabilities");
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3]{};
  if (syscall(SYS_capset, &header, none) != 0) return absl::ErrnoToStatus(errno, "cannot give up the capabilities");
  return absl::OkStatus();
}

absl::Status BecomeUser(uint32_t user_id) {
  if (user_id == 0) {
    return absl::FailedPreconditionError("a worker does not run as root: it was started by root without a user id");
  }
  // A kernel without one of these namespaces is no reason not to start: the system call filter is what holds.
  for (const int name_space : {CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS}) {
    if (unshare(name_space) != 0 && errno != EINVAL && errno != ENOSYS && errno != EPERM) {
      return absl::ErrnoToStatus(errno, "cannot leave a namespace of the host");
    }
  }
  RETURN_IF_ERROR(EmptyBoundingSet());
  if (setgroups(0, nullptr) != 0) return absl::ErrnoToStatus(errno, "cannot leave the supplementary groups");
  if (setresgid(user_id, user_id, user_id) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot become group ", user_id));
  }
  if (setresuid(user_id, user_id, user_id) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot become user ", user_id));
  }
  return absl::OkStatus();
}

absl::Status SetLimit(int resource, uint64_t value) {
  const rlimit limit{value, value};
  if (setrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot set resource limit ", resource));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CloseAllExcept(const std::vector<int>& kept) {
  std::vector<int> sorted = kept;
  std::sort(sorted.begin(), sorted.end());
  unsigned first = 0;
  for (const int fd : sorted) {
    const auto number = static_cast<unsigned>(fd);
    if (number > first) RETURN_IF_ERROR(CloseRange(first, number - 1));
    first = number + 1;
  }
  return CloseRange(first, ~0U);
}

absl::Status DropPrivileges(uint32_t user_id) {
  if (geteuid() == 0 || getuid() == 0) RETURN_IF_ERROR(BecomeUser(user_id));
  RETURN_IF_ERROR(EmptyCapabilities());
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return absl::ErrnoToStatus(errno, "cannot set no_new_privs");
  return absl::OkStatus();
}

absl::Status LimitResources(uint64_t max_file_bytes) {
  RETURN_IF_ERROR(SetLimit(RLIMIT_CORE, 0));
  RETURN_IF_ERROR(SetLimit(RLIMIT_NOFILE, 256));
  RETURN_IF_ERROR(SetLimit(RLIMIT_FSIZE, max_file_bytes));
  // Past the limit a write fails instead of killing the machine.
  if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR) return absl::ErrnoToStatus(errno, "cannot ignore a signal");
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return absl::ErrnoToStatus(errno, "cannot forbid dumps");
  return absl::OkStatus();
}

}  // namespace cimvisor::worker
