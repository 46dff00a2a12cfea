#include "hypervisor-backend/worker/seccomp_filter.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "hypervisor-backend/machine/file_descriptor.h"
#include "hypervisor-backend/machine/status_macros.h"

namespace cimvisor::worker {
namespace {

enum KindMask : unsigned {
  kP = 1u << static_cast<int>(FilterKind::kParent),
  kC = 1u << static_cast<int>(FilterKind::kControl),
  kV = 1u << static_cast<int>(FilterKind::kProcessor),
  kD = 1u << static_cast<int>(FilterKind::kDevice),
  kProbeOnly = 1u << static_cast<int>(FilterKind::kProbe),
  kWorker = kC | kV | kD,
  kAll = kP | kWorker,
};

struct PlainRule {
  int system_call;
  unsigned kinds;
};

// Allowed with any arguments.
constexpr PlainRule kPlainRules[] = {
    // The C library: threads, locks, memory, time, signals that return.
    {SCMP_SYS(brk), kAll},
    {SCMP_SYS(munmap), kAll},
    {SCMP_SYS(mremap), kAll},
    {SCMP_SYS(madvise), kAll},
    {SCMP_SYS(exit), kAll},
    {SCMP_SYS(exit_group), kAll},
    {SCMP_SYS(rt_sigprocmask), kAll},
    {SCMP_SYS(rt_sigreturn), kAll},
    {SCMP_SYS(restart_syscall), kAll},
    {SCMP_SYS(clock_gettime), kAll},
    {SCMP_SYS(getpid), kAll},
    {SCMP_SYS(gettid), kAll},
    {SCMP_SYS(write), kAll},
    {SCMP_SYS(close), kAll},
    {SCMP_SYS(futex), kWorker},
    {SCMP_SYS(sched_yield), kWorker},
    {SCMP_SYS(sched_getaffinity), kWorker},
    {SCMP_SYS(sched_getparam), kWorker},  // both by absl::Mutex, the first time that a thread waits
    {SCMP_SYS(sched_getscheduler), kWorker},
    {SCMP_SYS(clock_nanosleep), kWorker},
    {SCMP_SYS(clock_getres), kWorker},
    {SCMP_SYS(gettimeofday), kWorker},
    {SCMP_SYS(getrandom), kWorker},
    {SCMP_SYS(set_robust_list), kWorker},
    {SCMP_SYS(rseq), kWorker},
    {SCMP_SYS(sigaltstack), kWorker},
    {SCMP_SYS(rt_sigaction), kWorker},
    {SCMP_SYS(membarrier), kWorker},
    // Eventfds, timers and files that were handed over.
    {SCMP_SYS(read), kWorker},
    {SCMP_SYS(readv), kWorker},
    {SCMP_SYS(writev), kWorker},
    {SCMP_SYS(pread64), kWorker},
    {SCMP_SYS(pwrite64), kC | kD},
    {SCMP_SYS(preadv), kC | kD},
    {SCMP_SYS(pwritev), kC | kD},
    {SCMP_SYS(fdatasync), kC | kD},
    {SCMP_SYS(fsync), kC | kD},
    {SCMP_SYS(fstat), kC | kD},
    {SCMP_SYS(lseek), kC | kD},
    {SCMP_SYS(fallocate), kC | kD},
    {SCMP_SYS(mincore), kC | kD},
    {SCMP_SYS(poll), kC | kD},
    {SCMP_SYS(ppoll), kC | kD},
    {SCMP_SYS(epoll_create1), kC},
    {SCMP_SYS(epoll_ctl), kC | kD},
    {SCMP_SYS(epoll_wait), kC | kD},
    {SCMP_SYS(epoll_pwait), kC | kD},
    {SCMP_SYS(eventfd2), kC},
    {SCMP_SYS(timerfd_create), kC},
    {SCMP_SYS(timerfd_settime), kC | kD},
    // The control socket.
    {SCMP_SYS(accept4), kC},
    {SCMP_SYS(recvmsg), kC},
    {SCMP_SYS(sendmsg), kC},
    {SCMP_SYS(recvfrom), kC},
    {SCMP_SYS(sendto), kC},
    {SCMP_SYS(getsockopt), kC},
    {SCMP_SYS(shutdown), kC},
    // The parent's wait.
    {SCMP_SYS(wait4), kP},
    {SCMP_SYS(waitid), kP},
    // A probe's guest: its memory, and the timer that takes it out of the guest.
    {SCMP_SYS(memfd_create), kProbeOnly},
    {SCMP_SYS(ftruncate), kProbeOnly},
    {SCMP_SYS(timer_create), kProbeOnly},
    {SCMP_SYS(timer_settime), kProbeOnly},
    {SCMP_SYS(timer_delete), kProbeOnly},
    // Threads narrow their filter; what one may do, this cannot widen.
    {SCMP_SYS(seccomp), kC},
};

struct ContextDeleter {
  void operator()(void* context) const { seccomp_release(context); }
};
using Context = std::unique_ptr<void, ContextDeleter>;

constexpr uint64_t kKvmMask = 0xff00;
constexpr uint64_t kKvmType = static_cast<uint64_t>(KVMIO) << 8;

scmp_arg_cmp Equal(unsigned argument, scmp_datum_t value) { return {argument, SCMP_CMP_EQ, value, 0}; }
scmp_arg_cmp Masked(unsigned argument, scmp_datum_t mask, scmp_datum_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

// Adds what depends on arguments. Returns the first error as a negative errno.
int AddArgumentRules(scmp_filter_ctx context, unsigned kind) {
  int error = 0;
  const auto allow = [&](int system_call, std::initializer_list<scmp_arg_cmp> comparisons) {
    if (error == 0) {
      error = seccomp_rule_add_array(context, SCMP_ACT_ALLOW, system_call, static_cast<unsigned>(comparisons.size()),
                                     comparisons.begin());
    }
  };
  // No memory becomes executable.
  allow(SCMP_SYS(mmap), {Masked(2, PROT_EXEC, 0)});
  allow(SCMP_SYS(mprotect), {Masked(2, PROT_EXEC, 0)});
  if (kind == kP) return error;
  // Signals to itself only: a vCPU is taken out of the guest by one, abort() is another.
  allow(SCMP_SYS(tgkill), {Equal(0, static_cast<scmp_datum_t>(getpid()))});
  // fstat of the C library.
  allow(SCMP_SYS(newfstatat), {Masked(3, AT_EMPTY_PATH, AT_EMPTY_PATH)});
  allow(SCMP_SYS(fcntl), {Equal(1, F_GETFL)});
  allow(SCMP_SYS(fcntl), {Equal(1, F_GET_SEALS)});
  allow(SCMP_SYS(prctl), {Equal(0, PR_SET_NAME)});
  allow(SCMP_SYS(prctl), {Equal(0, PR_SET_VMA)});
  // All that KVM has: a device's thread raises interrupts, and loads the machine anew when the guest resets it.
  allow(SCMP_SYS(ioctl), {Masked(1, kKvmMask, kKvmType)});
  if ((kind & kC) != 0) {
    // Threads, never processes. clone3's flags cannot be seen by a filter: the C library falls back to clone.
    allow(SCMP_SYS(clone), {Masked(0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM)});
    if (error == 0) error = seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  }
  return error;
}

// What the sanitizers' runtime needs beside; such a build is for tests only.
int AddSanitizerRules([[maybe_unused]] scmp_filter_ctx context) {
  int error = 0;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CIMVISOR_UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CIMVISOR_UNDER_SANITIZER 1
#endif
#endif
#ifdef CIMVISOR_UNDER_SANITIZER
  for (const int system_call : {SCMP_SYS(openat),       SCMP_SYS(open),
                                SCMP_SYS(readlink),     SCMP_SYS(readlinkat),
                                SCMP_SYS(getrlimit),    SCMP_SYS(prlimit64),
                                SCMP_SYS(stat),         SCMP_SYS(newfstatat),
                                SCMP_SYS(getdents64),   SCMP_SYS(gettid),
                                SCMP_SYS(futex),        SCMP_SYS(sigaltstack),
                                SCMP_SYS(sched_yield),  SCMP_SYS(sched_getaffinity),
                                SCMP_SYS(read),         SCMP_SYS(mincore),
                                SCMP_SYS(nanosleep),    SCMP_SYS(clock_nanosleep),
                                SCMP_SYS(rt_sigaction), SCMP_SYS(fstat),
                                SCMP_SYS(uname),        SCMP_SYS(personality),
                                SCMP_SYS(pipe2),        SCMP_SYS(process_vm_readv),
                                SCMP_SYS(getcpu)}) {
    if (error == 0) error = seccomp_rule_add(context, SCMP_ACT_ALLOW, system_call, 0);
    if (error == -EEXIST) error = 0;
  }
#endif
  return error;
}

absl::StatusOr<std::vector<sock_filter>> Export(scmp_filter_ctx context) {
  machine::FileDescriptor file(memfd_create("cimvisor-filter", MFD_CLOEXEC));
  if (!file.valid()) return absl::ErrnoToStatus(errno, "cannot make a file for a system call filter");
  if (const int error = seccomp_export_bpf(context, file.get()); error != 0) {
    return absl::UnavailableError(absl::StrCat("libseccomp cannot compile a filter: ", strerror(-error)));
  }
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return absl::ErrnoToStatus(errno, "cannot inspect a system call filter");
  std::vector<sock_filter> program(static_cast<size_t>(status.st_size) / sizeof(sock_filter));
  if (pread(file.get(), program.data(), static_cast<size_t>(status.st_size), 0) != status.st_size) {
    return absl::ErrnoToStatus(errno, "cannot read a system call filter");
  }
  return program;
}

absl::StatusOr<std::vector<sock_filter>> BuildProgram(FilterKind kind) {
  const unsigned mask = kind == FilterKind::kProbe ? kC | kProbeOnly : 1u << static_cast<int>(kind);
  Context context(seccomp_init(SCMP_ACT_KILL_PROCESS));
  if (context == nullptr) return absl::UnavailableError("libseccomp cannot start a filter");
  int error = 0;
  // A binary tree instead of a chain: some hundred comparisons would be walked at each KVM_RUN.
  error = seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  for (const PlainRule& rule : kPlainRules) {
    if ((rule.kinds & mask) != 0 && error == 0) {
      error = seccomp_rule_add(context.get(), SCMP_ACT_ALLOW, rule.system_call, 0);
    }
  }
  if (error == 0) error = AddArgumentRules(context.get(), mask);
  if (error == 0) error = AddSanitizerRules(context.get());
  if (error != 0) {
    return absl::UnavailableError(
        absl::StrCat("libseccomp cannot build the filter of kind ", static_cast<int>(kind), ": ", strerror(-error)));
  }
  return Export(context.get());
}

}  // namespace

absl::StatusOr<SeccompFilters> SeccompFilters::Build(const std::vector<FilterKind>& kinds) {
  SeccompFilters filters;
  for (const FilterKind kind : kinds) {
    ASSIGN_OR_RETURN(filters.programs_[static_cast<size_t>(kind)], BuildProgram(kind));
  }
  return filters;
}

absl::Status SeccompFilters::Enter(FilterKind kind) const {
  const std::vector<sock_filter>& program = programs_[static_cast<size_t>(kind)];
  if (program.empty()) return absl::FailedPreconditionError("this system call filter was not built");
  sock_fprog filter{};
  filter.len = static_cast<unsigned short>(program.size());
  filter.filter = const_cast<sock_filter*>(program.data());
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0) {
    return absl::ErrnoToStatus(errno, "cannot install the system call filter");
  }
  return absl::OkStatus();
}

}  // namespace cimvisor::worker
