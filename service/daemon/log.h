// The service's log: one line for each event on stderr, with level, time, area and the object concerned.
//
//   2026-11-22T18:20:01.123Z info    inventory 6B29FC40-… started as process 4711
#ifndef CIMVISOR_SERVICE_DAEMON_LOG_H_
#define CIMVISOR_SERVICE_DAEMON_LOG_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace spdlog {
class logger;
}  // namespace spdlog

namespace cimvisor::daemon {

enum class Severity { kDebug, kInformation, kWarning, kError };

// Thread-safe.
class Log {
 public:
  // `level`: debug, info, warning or error; what is below it is left out.
  explicit Log(const std::string& level);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // `object` empty: "-". Control characters and line ends in `text` become blanks, so that an event is a line whatever
  // a client sent.
  void Write(Severity severity, absl::string_view area, absl::string_view object, absl::string_view text);

 private:
  std::shared_ptr<spdlog::logger> logger_;
};

// One line of printable text. For tests.
std::string OneLine(absl::string_view text);

}  // namespace cimvisor::daemon

#endif  // CIMVISOR_SERVICE_DAEMON_LOG_H_
