#include "service/daemon/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace cimvisor::daemon {
namespace {

constexpr size_t kLongestText = 4096;

spdlog::level::level_enum ToLevel(Severity severity) {
  switch (severity) {
    case Severity::kDebug:
      return spdlog::level::debug;
    case Severity::kInformation:
      return spdlog::level::info;
    case Severity::kWarning:
      return spdlog::level::warn;
    case Severity::kError:
      break;
  }
  return spdlog::level::err;
}

spdlog::level::level_enum ToLevel(const std::string& name) {
  if (name == "debug") return spdlog::level::debug;
  if (name == "warning") return spdlog::level::warn;
  if (name == "error") return spdlog::level::err;
  return spdlog::level::info;
}

}  // namespace

Log::Log(const std::string& level)
    : logger_(std::make_shared<spdlog::logger>("cimvisord", std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
  logger_->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %-7l %v", spdlog::pattern_time_type::utc);
  logger_->set_level(ToLevel(level));
  logger_->flush_on(spdlog::level::debug);
}

Log::~Log() = default;

void Log::Write(Severity severity, absl::string_view area, absl::string_view object, absl::string_view text) {
  const auto level = ToLevel(severity);
  if (!logger_->should_log(level)) return;
  const std::string line = OneLine(area) + " " + (object.empty() ? "-" : OneLine(object)) + " " + OneLine(text);
  logger_->log(level, "{}", line);
}

std::string OneLine(absl::string_view text) {
  std::string line(text.substr(0, kLongestText));
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return line;
}

}  // namespace cimvisor::daemon
