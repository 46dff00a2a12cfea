#include "service/daemon/settings.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/cim/status_macros.h"
#include "service/daemon/ini_file.h"

namespace cimvisor::daemon {
namespace {

using Setter = std::function<absl::Status(const std::string& value)>;

struct Key {
  bool repeatable = false;
  Setter set;
};
using Section = std::map<std::string, Key>;

Setter Text(std::string& target) {
  return [&target](const std::string& value) {
    if (value.empty()) return absl::InvalidArgumentError("the value is empty");
    target = value;
    return absl::OkStatus();
  };
}

Setter OneOf(std::string& target, std::vector<std::string> words) {
  return [&target, words = std::move(words)](const std::string& value) {
    for (const std::string& word : words) {
      if (value != word) continue;
      target = value;
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(absl::StrCat("\"", value, "\" is none of ", absl::StrJoin(words, ", ")));
  };
}

template <typename T>
Setter Number(T& target, uint64_t minimum, uint64_t maximum) {
  return [&target, minimum, maximum](const std::string& value) {
    uint64_t number = 0;
    if (!absl::SimpleAtoi(value, &number) || number < minimum || number > maximum) {
      return absl::InvalidArgumentError(absl::StrCat("\"", value, "\" is no number from ", minimum, " to ", maximum));
    }
    target = static_cast<T>(number);
    return absl::OkStatus();
  };
}

Setter Seconds(absl::Duration& target) {
  return [&target](const std::string& value) {
    uint32_t seconds = 0;
    RETURN_IF_ERROR(Number(seconds, 1, 24 * 3600)(value));
    target = absl::Seconds(seconds);
    return absl::OkStatus();
  };
}

Setter Milliseconds(absl::Duration& target, uint64_t minimum) {
  return [&target, minimum](const std::string& value) {
    uint32_t milliseconds = 0;
    RETURN_IF_ERROR(Number(milliseconds, minimum, 24 * 3600 * 1000)(value));
    target = absl::Milliseconds(milliseconds);
    return absl::OkStatus();
  };
}

Setter Hours(absl::Duration& target) {
  return [&target](const std::string& value) {
    uint32_t hours = 0;
    RETURN_IF_ERROR(Number(hours, 1, 10 * 366 * 24)(value));
    target = absl::Hours(hours);
    return absl::OkStatus();
  };
}

Setter FileMode(mode_t& target) {
  return [&target](const std::string& value) {
    uint32_t mode = 0;
    for (const char c : value)
      mode = c < '0' || c > '7' || mode > 0777 ? 01000 : mode * 8 + static_cast<uint32_t>(c - '0');
    if (value.empty() || mode > 0777) {
      return absl::InvalidArgumentError(absl::StrCat("\"", value, "\" is no file mode such as 0660"));
    }
    target = mode;
    return absl::OkStatus();
  };
}

Setter List(std::vector<std::string>& target) {
  return [&target](const std::string& value) {
    target = SplitList(value);
    return absl::OkStatus();
  };
}

Setter Listen(std::vector<std::string>& target) {
  return [&target](const std::string& value) {
    RETURN_IF_ERROR(rpc::ParseListenAddress(value).status());
    target.push_back(value);
    return absl::OkStatus();
  };
}

Setter Folder(std::vector<security::Root>& target, std::string name) {
  return [&target, name = std::move(name)](const std::string& value) {
    if (value.empty() || value.front() != '/') {
      return absl::InvalidArgumentError(absl::StrCat("\"", value, "\" is no absolute path"));
    }
    target.push_back({name, value});
    return absl::OkStatus();
  };
}

Section RoleSection(security::RoleMembers& members) {
  return {{"users", {false, List(members.users)}},
          {"groups", {false, List(members.groups)}},
          {"certificates", {false, List(members.certificates)}}};
}

// Everything that may stand in the file. It sets values of `settings`.
std::map<std::string, Section> Grammar(Settings& settings) {
  constexpr uint64_t kMost = std::numeric_limits<int32_t>::max();
  rpc::Limits& limits = settings.limits;
  return {
      {"service",
       {{"state_directory", {false, Text(settings.state_directory)}},
        {"runtime_directory", {false, Text(settings.runtime_directory)}},
        {"listen", {true, Listen(settings.listen)}},
        {"backend", {false, OneOf(settings.backend, {"auto", "kvm", "simulated"})}},
        {"log_level", {false, OneOf(settings.log_level, {"debug", "info", "warning", "error"})}},
        {"default_boot_kernel", {false, Text(settings.default_boot_kernel)}}}},
      {"unix",
       {{"group", {false, Text(settings.unix_socket.group)}}, {"mode", {false, FileMode(settings.unix_socket.mode)}}}},
      {"tls",
       {{"certificate", {false, Text(settings.tls.certificate)}},
        {"key", {false, Text(settings.tls.key)}},
        {"client_ca", {false, Text(settings.tls.client_ca)}}}},
      {"roots",
       {{"boot", {true, Folder(settings.roots, "boot")}},
        {"images", {true, Folder(settings.roots, "images")}},
        {"exports", {true, Folder(settings.roots, "exports")}},
        {"console", {true, Folder(settings.roots, "console")}}}},
      {"simulated",
       {{"seed", {false, Number(settings.simulated.seed, 0, std::numeric_limits<uint64_t>::max())}},
        {"start_milliseconds_lowest", {false, Milliseconds(settings.simulated.start_delay_lowest, 0)}},
        {"start_milliseconds_highest", {false, Milliseconds(settings.simulated.start_delay_highest, 0)}},
        {"action_milliseconds", {false, Milliseconds(settings.simulated.action_delay, 0)}},
        {"load_percent_lowest", {false, Number(settings.simulated.load_percent_lowest, 0, 100)}},
        {"load_percent_highest", {false, Number(settings.simulated.load_percent_highest, 0, 100)}},
        {"failing_starts_per_mille", {false, Number(settings.simulated.failing_starts_per_mille, 0, 1000)}},
        {"mean_milliseconds_to_failure", {false, Milliseconds(settings.simulated.mean_time_to_failure, 1)}}}},
      {"administrators", RoleSection(settings.roles.administrators)},
      {"readers", RoleSection(settings.roles.readers)},
      {"journal",
       {{"hours", {false, Hours(settings.journal_age)}},
        {"entries", {false, Number(settings.journal_entries, 1000, 1u << 30)}},
        {"megabytes", {false, Number(settings.journal_megabytes, 1, 1u << 20)}}}},
      {"limits",
       {{"message_bytes", {false, Number(limits.message_bytes, 65536, 1u << 30)}},
        {"streams_per_connection", {false, Number(limits.streams_per_connection, 1, 65536)}},
        {"call_seconds", {false, Seconds(limits.call)}},
        {"stalled_reader_seconds", {false, Seconds(limits.stalled)}},
        {"upload_bytes", {false, Number(limits.upload_bytes, 1, uint64_t{1} << 50)}},
        {"call_threads", {false, Number(limits.call_threads, 1, 1024)}},
        {"query_threads", {false, Number(limits.query_threads, 1, 1024)}},
        {"waiting_calls", {false, Number(limits.waiting_calls, 1, kMost)}},
        {"users", {false, Number(limits.users, 1, 65536)}}}},
  };
}

}  // namespace

absl::Status ApplyConfiguration(absl::string_view name, absl::string_view text, Settings& settings) {
  ASSIGN_OR_RETURN(const std::vector<IniEntry> entries, ParseIni(name, text));
  const std::map<std::string, Section> grammar = Grammar(settings);
  std::set<std::pair<std::string, std::string>> seen;
  for (const IniEntry& entry : entries) {
    const auto wrong = [&](absl::string_view what) {
      return absl::InvalidArgumentError(absl::StrCat(name, ":", entry.line, ": ", what));
    };
    const auto section = grammar.find(entry.section);
    if (section == grammar.end()) return wrong(absl::StrCat("there is no section [", entry.section, "]"));
    const auto key = section->second.find(entry.key);
    if (key == section->second.end()) {
      return wrong(absl::StrCat("[", entry.section, "] has no key \"", entry.key, "\""));
    }
    if (!seen.insert({entry.section, entry.key}).second && !key->second.repeatable) {
      return wrong(absl::StrCat("\"", entry.key, "\" is given twice"));
    }
    const absl::Status set = key->second.set(entry.value);
    if (!set.ok()) return wrong(absl::StrCat(entry.key, ": ", set.message()));
  }
  return absl::OkStatus();
}

std::vector<security::Root> DefaultRoots(const Settings& settings) {
  return {{"boot", settings.state_directory + "/boot"},
          {"images", settings.state_directory + "/images"},
          {"exports", settings.state_directory + "/exports"},
          {"console", settings.runtime_directory + "/console"}};
}

absl::StatusOr<std::vector<rpc::ListenAddress>> ListenAddresses(const Settings& settings) {
  std::vector<std::string> texts = settings.listen;
  if (texts.empty()) texts.push_back(absl::StrCat("unix:", settings.runtime_directory, "/", kSocketName));
  std::vector<rpc::ListenAddress> addresses;
  for (const std::string& text : texts) {
    ASSIGN_OR_RETURN(rpc::ListenAddress address, rpc::ParseListenAddress(text));
    addresses.push_back(std::move(address));
  }
  return addresses;
}

absl::StatusOr<std::optional<rpc::TlsFiles>> TlsOf(const Settings& settings) {
  const rpc::TlsFiles& tls = settings.tls;
  if (tls.certificate.empty() && tls.key.empty() && tls.client_ca.empty()) return std::nullopt;
  std::vector<std::string> missing;
  if (tls.certificate.empty()) missing.push_back("--tls-cert");
  if (tls.key.empty()) missing.push_back("--tls-key");
  if (tls.client_ca.empty()) missing.push_back("--tls-client-ca");
  if (missing.empty()) return tls;
  return absl::InvalidArgumentError(
      absl::StrCat("TLS is mutual here and needs three files; ", absl::StrJoin(missing, " and "), " is missing"));
}

}  // namespace cimvisor::daemon
