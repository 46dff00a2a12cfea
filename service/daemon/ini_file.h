// The form of the configuration file:
//
//   file    = { line }
//   line    = blank | comment | section | entry
//   comment = ("#" | ";") text          at the start of a line, after blanks
//   section = "[" name "]"
//   entry   = key "=" value             blanks around both are dropped; the value goes to the end of the line
//   list    = value { "," value }       where a key takes several
//
// Names of sections and keys are [a-z0-9_]+. An entry before the first section is an error.
#ifndef CIMVISOR_SERVICE_DAEMON_INI_FILE_H_
#define CIMVISOR_SERVICE_DAEMON_INI_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cimvisor::daemon {

struct IniEntry {
  std::string section;
  std::string key;
  std::string value;
  int line = 0;
};

// Every entry in order. kInvalidArgument: "NAME:LINE: what is wrong".
absl::StatusOr<std::vector<IniEntry>> ParseIni(absl::string_view name, absl::string_view text);

// The parts of a list, without empty ones.
std::vector<std::string> SplitList(absl::string_view value);

}  // namespace cimvisor::daemon

#endif  // CIMVISOR_SERVICE_DAEMON_INI_FILE_H_
