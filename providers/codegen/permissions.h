// Who may do what: the rows of providers/schema/permissions.txt, checked by the generator and embedded in the binary.
#ifndef CIMVISOR_PROVIDERS_CODEGEN_PERMISSIONS_H_
#define CIMVISOR_PROVIDERS_CODEGEN_PERMISSIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/cim/class.h"
#include "service/cim/class_repository.h"

namespace cimvisor::schema {

inline constexpr char kPermissionsFile[] = "permissions.txt";

// The numbers are those of security::Right.
enum class Right : uint8_t { kRead, kAdminister, kNever };
absl::string_view RightName(Right right);  // "read", "administer", "never"

// `Class: operation right` or `Class.Method: operation right`. Class "*" is every class; the methods CreateInstance,
// ModifyInstance and DeleteInstance stand for the instance operations.
struct PermissionRow {
  std::string class_name;
  std::string method;     // empty: reading the class and its instances
  std::string operation;  // "machine.define": what a role will be given
  Right right = Right::kNever;
};

// Immutable; safe to share. Build it once, at start.
class PermissionTable {
 public:
  // Parses the rows of a permissions.txt. Errors give the line and what was expected.
  static absl::StatusOr<PermissionTable> Parse(absl::string_view text);

  const std::vector<PermissionRow>& rows() const { return rows_; }

  // Every class must have a row, every method one in the class that first declares it (what overrides it needs none),
  // and every row a class and a method.
  absl::Status Check(const cim::ClassRepository& repository) const;

  // The row for calling `method` of `cls` ("": reading; "CreateInstance", …): that of the class itself, else of the
  // nearest superclass, else of "*". Reading is decided by the class's own row alone. Null when there is none, which
  // denies. The method is named without regard to case.
  const PermissionRow* Find(const cim::Class& cls, absl::string_view method) const;

 private:
  const PermissionRow* FindRow(absl::string_view class_name, absl::string_view method) const;

  std::vector<PermissionRow> rows_;
  absl::flat_hash_map<std::string, size_t> places_;  // by lower-case "class.method"
};

// The table that the build embedded; the build has checked it.
absl::StatusOr<PermissionTable> LoadPermissions();

// One line of the access table: every method that can be called, and every class that can be read, with its right.
// A test of rights goes through all of them.
struct AccessRow {
  std::string name_space;
  std::string class_name;
  std::string method;  // empty: reading
  bool is_static = false;
  const PermissionRow* permission = nullptr;  // lives as long as the table
};
std::vector<AccessRow> AccessTable(const PermissionTable& table, const cim::ClassRepository& repository);

}  // namespace cimvisor::schema

#endif  // CIMVISOR_PROVIDERS_CODEGEN_PERMISSIONS_H_
