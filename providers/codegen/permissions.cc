#include "providers/codegen/permissions.h"

#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/cim/status_macros.h"

namespace cimvisor::schema {
namespace {

constexpr Right kRights[] = {Right::kRead, Right::kAdminister, Right::kNever};
constexpr absl::string_view kInstanceOperations[] = {"CreateInstance", "ModifyInstance", "DeleteInstance"};

bool IsInstanceOperation(absl::string_view method) {
  for (absl::string_view operation : kInstanceOperations) {
    if (absl::EqualsIgnoreCase(operation, method)) return true;
  }
  return false;
}

std::string RowName(absl::string_view class_name, absl::string_view method) {
  return absl::StrCat(class_name, method.empty() ? "" : ".", method);
}

std::string RowKey(absl::string_view class_name, absl::string_view method) {
  return absl::AsciiStrToLower(RowName(class_name, method));
}

absl::Status RowError(int line, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(kPermissionsFile, ":", line, ": ", what));
}

absl::StatusOr<PermissionRow> ParseRow(absl::string_view line, int number) {
  std::pair<absl::string_view, absl::string_view> sides = absl::StrSplit(line, absl::MaxSplits(':', 1));
  std::vector<absl::string_view> words = absl::StrSplit(sides.second, ' ', absl::SkipWhitespace());
  std::pair<absl::string_view, absl::string_view> names = absl::StrSplit(sides.first, absl::MaxSplits('.', 1));
  if (words.size() != 2 || names.first.empty()) {
    return RowError(number, "expected 'Class: operation right' or 'Class.Method: operation right'");
  }
  PermissionRow row;
  row.class_name = std::string(absl::StripAsciiWhitespace(names.first));
  row.method = std::string(absl::StripAsciiWhitespace(names.second));
  row.operation = std::string(words[0]);
  for (Right right : kRights) {
    if (RightName(right) != words[1]) continue;
    row.right = right;
    return row;
  }
  return RowError(number, absl::StrCat("expected the right read, administer or never, found '", words[1], "'"));
}

}  // namespace

absl::string_view RightName(Right right) {
  switch (right) {
    case Right::kRead:
      return "read";
    case Right::kAdminister:
      return "administer";
    case Right::kNever:
      break;
  }
  return "never";
}

absl::StatusOr<PermissionTable> PermissionTable::Parse(absl::string_view text) {
  PermissionTable table;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    ASSIGN_OR_RETURN(PermissionRow row, ParseRow(line, number));
    if (!table.places_.emplace(RowKey(row.class_name, row.method), table.rows_.size()).second) {
      return RowError(number, absl::StrCat("a second row for ", RowName(row.class_name, row.method)));
    }
    table.rows_.push_back(std::move(row));
  }
  return table;
}

absl::Status PermissionTable::Check(const cim::ClassRepository& repository) const {
  absl::flat_hash_set<const PermissionRow*> used;
  for (const PermissionRow& row : rows_) {
    if (row.class_name == "*" && IsInstanceOperation(row.method)) used.insert(&row);
  }
  for (const std::string& name_space : repository.Namespaces()) {
    for (const std::shared_ptr<const cim::Class>& cls : repository.Classes(name_space)) {
      std::vector<absl::string_view> needed = {""};
      for (const cim::Method& method : cls->declaration().methods) needed.push_back(method.name);
      for (absl::string_view method : needed) {
        const PermissionRow* row = Find(*cls, method);
        if (row == nullptr) {
          return absl::InvalidArgumentError(
              absl::StrCat(kPermissionsFile, ": no row for ", RowName(cls->name(), method), " of ", name_space));
        }
        used.insert(row);
      }
      for (absl::string_view operation : kInstanceOperations) used.insert(FindRow(cls->name(), operation));
    }
  }
  for (const PermissionRow& row : rows_) {
    if (used.contains(&row)) continue;
    return absl::InvalidArgumentError(absl::StrCat(kPermissionsFile, ": the row ", RowName(row.class_name, row.method),
                                                   " names no class, or no method that the class itself declares"));
  }
  return absl::OkStatus();
}

const PermissionRow* PermissionTable::FindRow(absl::string_view class_name, absl::string_view method) const {
  auto found = places_.find(RowKey(class_name, method));
  return found == places_.end() ? nullptr : &rows_[found->second];
}

const PermissionRow* PermissionTable::Find(const cim::Class& cls, absl::string_view method) const {
  if (method.empty()) return FindRow(cls.name(), method);
  for (const cim::Class* declarer = &cls; declarer != nullptr; declarer = declarer->superclass()) {
    const PermissionRow* row = FindRow(declarer->name(), method);
    if (row != nullptr) return row;
  }
  return FindRow("*", method);
}

std::vector<AccessRow> AccessTable(const PermissionTable& table, const cim::ClassRepository& repository) {
  std::vector<AccessRow> rows;
  for (const std::string& name_space : repository.Namespaces()) {
    for (const std::shared_ptr<const cim::Class>& cls : repository.Classes(name_space)) {
      rows.push_back({name_space, cls->name(), "", false, table.Find(*cls, "")});
      if (cls->is_abstract()) continue;
      for (const cim::Method& method : cls->methods()) {
        rows.push_back({name_space, cls->name(), method.name, method.is_static, table.Find(*cls, method.name)});
      }
    }
  }
  return rows;
}

}  // namespace cimvisor::schema
