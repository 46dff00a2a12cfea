#include "hypervisor-backend/worker/log.h"

#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace cimvisor::worker {

void LogLine(absl::string_view level, absl::string_view object, absl::string_view text) {
  // UTC: the local zone would need a file.
  const std::string time = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
  const std::string line = absl::StrCat(time, " ", level, " worker ", object, ": ", text, "\n");
  // A log that cannot be written must not stop a machine.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace cimvisor::worker
