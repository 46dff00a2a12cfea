#include "hypervisor-backend/worker/machine_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <utility>

#include "absl/base/internal/sysinfo.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cimvisor/worker/v1/worker.pb.h"
#include "hypervisor-backend/machine/file_descriptor.h"
#include "hypervisor-backend/machine/status_macros.h"
#include "hypervisor-backend/worker/confinement.h"
#include "hypervisor-backend/worker/control_server.h"
#include "hypervisor-backend/worker/descriptor_table.h"
#include "hypervisor-backend/worker/last_words.h"
#include "hypervisor-backend/worker/log.h"
#include "hypervisor-backend/worker/messages.h"
#include "hypervisor-backend/worker/process_record.h"
#include "hypervisor-backend/worker/seccomp_filter.h"
#include "hypervisor-backend/worker/wire.h"

namespace cimvisor::worker {
namespace {

absl::StatusOr<v1::LaunchSpec> ReadSpec() {
  struct stat status {};
  if (fstat(kSpec, &status) != 0) return absl::ErrnoToStatus(errno, "the spec was not handed over");
  const auto size = static_cast<size_t>(status.st_size);
  if (size > kMaxFrameBytes + 4) return absl::InvalidArgumentError("the spec is too large");
  std::string bytes(size, '\0');
  if (pread(kSpec, bytes.data(), size, 0) != static_cast<ssize_t>(size)) {
    return absl::ErrnoToStatus(errno, "cannot read the spec");
  }
  FrameReader reader;
  reader.Append(bytes);
  absl::string_view frame;
  ASSIGN_OR_RETURN(const bool complete, reader.Next(&frame));
  v1::LaunchSpec spec;
  if (!complete || !spec.ParseFromArray(frame.data(), static_cast<int>(frame.size()))) {
    return absl::InvalidArgumentError("the spec does not parse");
  }
  close(kSpec);
  return spec;
}

// What both processes need before they part.
absl::Status Confine(const v1::LaunchSpec& spec) {
  std::vector<int> handed_over = {kNullInput, kNullOutput, kLog, kListener, kRecord, kCounters, kMemory};
  if (spec.has_kvm()) handed_over.push_back(kKvm);
  if (spec.has_kernel()) handed_over.push_back(kKernel);
  if (spec.has_initrd()) handed_over.push_back(kInitrd);
  RETURN_IF_ERROR(CloseAllExcept(handed_over));
  // The namespaces cost no memory of their own, but the user's limits come after the change of user.
  RETURN_IF_ERROR(DropPrivileges(spec.user_id()));
  return LimitResources(kMaxLogBytes);
}

absl::StatusOr<v1::ProcessRecord> StartedRecord(const v1::LaunchSpec& spec, pid_t worker) {
  v1::ProcessRecord record;
  v1::ProcessRecord::Started& started = *record.mutable_started();
  started.set_worker_process_id(static_cast<uint32_t>(worker));
  started.set_parent_process_id(static_cast<uint32_t>(getpid()));
  ASSIGN_OR_RETURN(const uint64_t worker_ticks, ProcessStartTicks(started.worker_process_id()));
  ASSIGN_OR_RETURN(const uint64_t parent_ticks, ProcessStartTicks(started.parent_process_id()));
  started.set_worker_start_ticks(worker_ticks);
  started.set_parent_start_ticks(parent_ticks);
  started.set_boot_id(spec.boot_id());
  started.set_machine_id(spec.machine_id());
  started.set_launch_id(spec.launch_id());
  started.set_user_id(spec.user_id());
  started.set_started_at_unix_nanoseconds(absl::GetCurrentTimeNanos());
  return record;
}

absl::Status RunParent(const v1::LaunchSpec& spec, pid_t worker, machine::FileDescriptor go, LastWords* last_words) {
  // It ends with the worker, not with a session or a host that shuts down: then it has a record to write.
  for (const int ignored : {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGQUIT}) signal(ignored, SIG_IGN);
  prctl(PR_SET_NAME, "cimvisor-parent");
  RETURN_IF_ERROR(CloseAllExcept({kNullInput, kNullOutput, kLog, kRecord, go.get()}));
  ASSIGN_OR_RETURN(const v1::ProcessRecord started, StartedRecord(spec, worker));
  RETURN_IF_ERROR(AppendProcessRecord(kRecord, started));
  ASSIGN_OR_RETURN(const SeccompFilters filters, SeccompFilters::Build({FilterKind::kParent}));
  RETURN_IF_ERROR(filters.Enter(FilterKind::kParent));
  // The worker waits for this byte: whoever hears from it finds its record.
  if (write(go.get(), "g", 1) != 1) return absl::ErrnoToStatus(errno, "the worker is gone");
  go.Close();

  int status = 0;
  while (waitpid(worker, &status, 0) < 0) {
    if (errno != EINTR) return absl::ErrnoToStatus(errno, "cannot wait for the worker");
  }
  v1::ProcessRecord ended;
  *ended.mutable_ended() = last_words->Read();
  if (WIFSIGNALED(status)) ended.mutable_ended()->set_signal(WTERMSIG(status));
  if (WIFEXITED(status)) ended.mutable_ended()->set_exit_code(WEXITSTATUS(status));
  return AppendProcessRecord(kRecord, ended);
}

machine::ThreadConfinement ConfinementOf(const SeccompFilters& filters) {
  return [&filters](machine::ThreadKind kind) {
    switch (kind) {
      case machine::ThreadKind::kProcessor:
        return filters.Enter(FilterKind::kProcessor);
      case machine::ThreadKind::kDevice:
        return filters.Enter(FilterKind::kDevice);
      case machine::ThreadKind::kControl:
        // A thread beside the main one has inherited the main one's.
        return absl::OkStatus();
    }
    return absl::InvalidArgumentError("there is no such kind of thread");
  };
}

// Leaves the status where the parent finds it.
[[noreturn]] void Fail(const v1::LaunchSpec& spec, LastWords* last_words, int exit_code, const absl::Status& status) {
  LogLine("error", spec.machine_id(), status.message());
  v1::ProcessRecord::Ended words;
  words.set_failure_code(static_cast<int32_t>(status.code()));
  words.set_failure_message(PrintableText(status.message(), 4096));
  last_words->Say(words);
  _exit(exit_code);
}

[[noreturn]] void RunWorker(const WorkerBackend& backend, const v1::LaunchSpec& spec, machine::FileDescriptor go,
                            LastWords* last_words) {
  for (const int ignored : {SIGINT, SIGHUP, SIGPIPE}) signal(ignored, SIG_IGN);
  close(kRecord);
  // absl::Mutex asks for these the first time that a thread has to wait, and reads files for it, which the filter will
  // not allow. Beside the rest, since the frequency may take some milliseconds to measure.
  std::thread host_facts([] {
    absl::base_internal::NumCPUs();
    absl::base_internal::NominalCPUFrequency();
  });
  char byte = 0;
  // Without a parent that has written the record, nobody could find this worker again.
  if (read(go.get(), &byte, 1) != 1) _exit(kExitNotConfined);
  go.Close();
  const absl::StatusOr<SeccompFilters> filters =
      SeccompFilters::Build({FilterKind::kControl, FilterKind::kProcessor, FilterKind::kDevice});
  if (!filters.ok()) Fail(spec, last_words, kExitNotConfined, filters.status());
  absl::StatusOr<std::unique_ptr<ControlServer>> server =
      ControlServer::Make(spec, machine::FileDescriptor(kListener), kCounters, last_words);
  if (!server.ok()) Fail(spec, last_words, kExitMachineFailed, server.status());
  machine::MachineSpec machine_spec = SpecFromWire(spec);
  host_facts.join();
  if (const absl::Status status = filters->Enter(FilterKind::kControl); !status.ok()) {
    Fail(spec, last_words, kExitNotConfined, status);
  }
  absl::StatusOr<std::unique_ptr<machine::Machine>> machine =
      backend.make_machine(std::move(machine_spec), server->get(), ConfinementOf(*filters));
  if (!machine.ok()) Fail(spec, last_words, kExitMachineFailed, machine.status());
  LogLine("info", spec.machine_id(), absl::StrCat("made, launch ", spec.launch_id()));
  (*server)->Run(machine->get());
  // The kernel takes everything back faster than destructors would.
  _exit(0);
}

}  // namespace

int RunMachineProcess(const WorkerBackend& backend) {
  const absl::StatusOr<v1::LaunchSpec> spec = ReadSpec();
  if (!spec.ok()) {
    LogLine("error", "-", spec.status().message());
    return kExitUsage;
  }
  if (const absl::Status confined = Confine(*spec); !confined.ok()) {
    LogLine("error", spec->machine_id(), absl::StrCat("cannot be confined: ", confined.message()));
    return kExitNotConfined;
  }
  absl::StatusOr<std::unique_ptr<LastWords>> last_words = LastWords::Make();
  int go[2] = {-1, -1};
  if (!last_words.ok() || pipe2(go, O_CLOEXEC) != 0) {
    LogLine("error", spec->machine_id(), "no memory or descriptors for the worker");
    return kExitMachineFailed;
  }
  machine::FileDescriptor go_read(go[0]);
  machine::FileDescriptor go_write(go[1]);
  const pid_t worker = fork();
  if (worker < 0) {
    LogLine("error", spec->machine_id(), "cannot fork the worker");
    return kExitMachineFailed;
  }
  if (worker == 0) {
    go_write.Close();
    RunWorker(backend, *spec, std::move(go_read), last_words->get());
  }
  go_read.Close();
  const absl::Status status = RunParent(*spec, worker, std::move(go_write), last_words->get());
  if (!status.ok()) {
    LogLine("error", spec->machine_id(), absl::StrCat("the worker's parent failed: ", status.message()));
    return kExitMachineFailed;
  }
  // Not through exit(): its handlers are not in the parent's filter.
  _exit(0);
}

}  // namespace cimvisor::worker
