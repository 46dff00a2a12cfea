#include "hypervisor-backend/worker/process_record.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "hypervisor-backend/machine/status_macros.h"
#include "hypervisor-backend/worker/messages.h"
#include "hypervisor-backend/worker/wire.h"

namespace cimvisor::worker {
namespace {

constexpr size_t kMaxRecordFile = 64 * 1024;

// At most `limit` bytes of a small file of the kernel.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path, size_t limit) {
  machine::FileDescriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  std::string text(limit, '\0');
  const ssize_t count = read(fd.get(), text.data(), text.size());
  if (count < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
  text.resize(static_cast<size_t>(count));
  return text;
}

}  // namespace

absl::Status AppendProcessRecord(int fd, const v1::ProcessRecord& record) {
  std::string bytes;
  RETURN_IF_ERROR(AppendFrame(record, &bytes));
  if (write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    return absl::ErrnoToStatus(errno, "cannot write the process record");
  }
  return absl::OkStatus();
}

absl::StatusOr<ProcessHistory> ReadProcessHistory(int fd) {
  std::string bytes(kMaxRecordFile, '\0');
  const ssize_t count = pread(fd, bytes.data(), bytes.size(), 0);
  if (count < 0) return absl::ErrnoToStatus(errno, "cannot read the process record");
  FrameReader reader;
  reader.Append(absl::string_view(bytes.data(), static_cast<size_t>(count)));
  ProcessHistory history;
  absl::string_view frame;
  while (true) {
    const absl::StatusOr<bool> next = reader.Next(&frame);
    if (!next.ok())
      return absl::DataLossError(absl::StrCat("the process record is damaged: ", next.status().message()));
    if (!*next) return history;
    v1::ProcessRecord record;
    if (!record.ParseFromArray(frame.data(), static_cast<int>(frame.size()))) {
      return absl::DataLossError("the process record is damaged: it does not parse");
    }
    if (record.has_started() && !history.started) {
      history.started = record.started();
    } else if (record.has_ended() && history.started && !history.ended) {
      history.ended = record.ended();
    } else {
      return absl::DataLossError("the process record is damaged: it is out of order");
    }
  }
}

machine::EndReason EndReasonOf(const v1::ProcessRecord::Ended& ended) {
  // A worker that had said how its machine ended, and then was killed while it took its leave, counts as well.
  if (ended.has_reason()) {
    const absl::StatusOr<machine::EndReason> reason = EndReasonFromWire(ended.reason());
    if (reason.ok()) return *reason;
  }
  machine::EndReason reason;
  reason.kind = machine::EndKind::kWorkerDied;
  reason.signal = ended.signal();
  reason.exit_code = ended.exit_code();
  const absl::StatusOr<machine::MachineState> state = StateFromWire(ended.last_state());
  const absl::string_view state_name = state.ok() ? machine::MachineStateName(*state) : "unknown";
  if (ended.signal() != 0) {
    const char* const name = sigabbrev_np(ended.signal());
    reason.detail =
        absl::StrCat("the worker process was killed by signal ", ended.signal(), " (",
                     name == nullptr ? "?" : absl::StrCat("SIG", name), ") while the machine was ", state_name);
  } else {
    reason.detail =
        absl::StrCat("the worker process exited with code ", ended.exit_code(), " while the machine was ", state_name);
  }
  if (!ended.failure_message().empty()) {
    absl::StrAppend(&reason.detail, ": ", PrintableText(ended.failure_message(), 4096));
  }
  return reason;
}

absl::StatusOr<uint64_t> ProcessStartTicks(uint32_t process_id) {
  const absl::StatusOr<std::string> text = ReadSmallFile(absl::StrCat("/proc/", process_id, "/stat"), 4096);
  if (!text.ok()) return absl::NotFoundError(absl::StrCat("there is no process ", process_id));
  // The second field is the command in parentheses and may hold anything, also parentheses.
  const size_t command_end = text->rfind(") ");
  if (command_end == std::string::npos) return absl::InternalError("/proc/PID/stat has an unknown form");
  const std::vector<absl::string_view> fields = absl::StrSplit(absl::string_view(*text).substr(command_end + 2), ' ');
  uint64_t ticks = 0;
  constexpr size_t kStartTime = 22 - 3;  // the first field here is the third
  if (fields.size() <= kStartTime || !absl::SimpleAtoi(fields[kStartTime], &ticks)) {
    return absl::InternalError("/proc/PID/stat has an unknown form");
  }
  return ticks;
}

absl::StatusOr<machine::FileDescriptor> OpenProcess(uint32_t process_id, uint64_t start_ticks) {
  // glibc 2.36 has no wrapper that gcc's C++ headers can rely on everywhere: the system call itself.
  machine::FileDescriptor fd(static_cast<int>(syscall(SYS_pidfd_open, process_id, 0)));
  if (!fd.valid()) {
    if (errno == ESRCH || errno == EINVAL) return absl::NotFoundError(absl::StrCat("process ", process_id, " is gone"));
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open process ", process_id));
  }
  // The pidfd keeps the number from being another's; so the start read now is that of the process behind it.
  ASSIGN_OR_RETURN(const uint64_t ticks, ProcessStartTicks(process_id));
  if (ticks != start_ticks) return absl::NotFoundError(absl::StrCat("process ", process_id, " is gone"));
  return fd;
}

absl::StatusOr<std::string> ReadBootId() {
  ASSIGN_OR_RETURN(std::string text, ReadSmallFile("/proc/sys/kernel/random/boot_id", 128));
  absl::string_view trimmed = absl::StripSuffix(text, "\n");
  return std::string(trimmed);
}

}  // namespace cimvisor::worker
