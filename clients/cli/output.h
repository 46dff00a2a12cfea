// Instances for people (tables, lists) and for programs (JSON).
#ifndef CIMVISOR_CLIENTS_CLI_OUTPUT_H_
#define CIMVISOR_CLIENTS_CLI_OUTPUT_H_

#include <iosfwd>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "clients/cpp/values.h"

namespace cimvisor::cli {

// Text of a guest, a name or an error may hold control characters and escape sequences: they are shown as \xNN, so that
// nothing a guest or another user wrote can drive the terminal.
std::string Printable(const std::string& text);

// Numbers as numbers, null as null, arrays, embedded instances as objects with "__CLASS". 64-bit numbers are JSON
// numbers.
nlohmann::ordered_json ToJson(const client::Value& value);
nlohmann::ordered_json ToJson(const client::Instance& instance);

// Columns as wide as their content; the header in capitals. Rows may be shorter than the header.
void PrintTable(std::ostream& out, const std::vector<std::string>& header,
                const std::vector<std::vector<std::string>>& rows);

// "Name : value" for each property that is not null, preceded by the path.
void PrintList(std::ostream& out, const client::Instance& instance);

// A table when the rows have few columns, else a list for each.
void PrintInstances(std::ostream& out, const std::vector<client::Instance>& rows);

}  // namespace cimvisor::cli

#endif  // CIMVISOR_CLIENTS_CLI_OUTPUT_H_
