#include "clients/cli/output.h"

#include <algorithm>
#include <ostream>

#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"

namespace cimvisor::cli {
namespace {

constexpr int kWidestTable = 8;

// How many columns a terminal gives to UTF-8 text, taking one for each character.
size_t Width(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// The names of the columns when all rows have the same, else nothing.
std::vector<std::string> CommonColumns(const std::vector<client::Instance>& rows) {
  std::vector<std::string> columns;
  for (const auto& property : rows.front().properties()) columns.push_back(property.name());
  for (const client::Instance& row : rows) {
    if (row.properties_size() != static_cast<int>(columns.size())) return {};
    for (int i = 0; i < row.properties_size(); ++i) {
      if (row.properties(i).name() != columns[static_cast<size_t>(i)]) return {};
    }
  }
  return columns;
}

}  // namespace

std::string Printable(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      result += absl::StrFormat("\\x%02x", byte);
    } else {
      result += c;
    }
  }
  return result;
}

nlohmann::ordered_json ToJson(const client::Value& value) {
  switch (value.kind_case()) {
    case client::Value::kBoolean:
      return value.boolean();
    case client::Value::kUnsigned:
      return value.unsigned_();
    case client::Value::kSigned:
      return value.signed_();
    case client::Value::kReal:
      return value.real();
    case client::Value::kText:
      return value.text();
    case client::Value::kReference:
      return value.reference();
    case client::Value::kObject:
      return ToJson(value.object());
    case client::Value::kArray: {
      auto array = nlohmann::ordered_json::array();
      for (const client::Value& element : value.array().values()) array.push_back(ToJson(element));
      return array;
    }
    case client::Value::KIND_NOT_SET:
      return nullptr;
  }
  return nullptr;
}

nlohmann::ordered_json ToJson(const client::Instance& instance) {
  auto object = nlohmann::ordered_json::object();
  object["__CLASS"] = instance.class_name();
  if (!instance.path().empty()) object["__PATH"] = instance.path();
  for (const auto& property : instance.properties()) object[property.name()] = ToJson(property.value());
  return object;
}

void PrintTable(std::ostream& out, const std::vector<std::string>& header,
                const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const std::string& title : header) widths.push_back(Width(title));
  std::vector<std::vector<std::string>> cells;
  for (const auto& row : rows) {
    std::vector<std::string> line;
    for (size_t i = 0; i < header.size(); ++i) {
      line.push_back(i < row.size() ? Printable(row[i]) : "");
      widths[i] = std::max(widths[i], Width(line.back()));
    }
    cells.push_back(std::move(line));
  }
  const auto print = [&](const std::vector<std::string>& line) {
    for (size_t i = 0; i < line.size(); ++i) {
      out << line[i];
      if (i + 1 < line.size()) out << std::string(widths[i] - Width(line[i]) + 2, ' ');
    }
    out << "\n";
  };
  std::vector<std::string> titles;
  for (const std::string& title : header) titles.push_back(absl::AsciiStrToUpper(title));
  print(titles);
  for (const auto& line : cells) print(line);
}

void PrintList(std::ostream& out, const client::Instance& instance) {
  out << (instance.path().empty() ? instance.class_name() : Printable(instance.path())) << "\n";
  size_t width = 0;
  for (const auto& property : instance.properties()) {
    if (!client::IsNull(property.value())) width = std::max(width, property.name().size());
  }
  for (const auto& property : instance.properties()) {
    if (client::IsNull(property.value())) continue;
    out << "  " << property.name() << std::string(width - property.name().size(), ' ') << " : "
        << Printable(client::ToText(property.value())) << "\n";
  }
}

void PrintInstances(std::ostream& out, const std::vector<client::Instance>& rows) {
  if (rows.empty()) return;
  const std::vector<std::string> columns = CommonColumns(rows);
  if (columns.empty() || columns.size() > kWidestTable) {
    for (size_t i = 0; i < rows.size(); ++i) {
      if (i > 0) out << "\n";
      PrintList(out, rows[i]);
    }
    return;
  }
  std::vector<std::vector<std::string>> cells;
  for (const client::Instance& row : rows) {
    std::vector<std::string> line;
    for (const auto& property : row.properties()) line.push_back(client::ToText(property.value()));
    cells.push_back(std::move(line));
  }
  PrintTable(out, columns, cells);
}

}  // namespace cimvisor::cli
