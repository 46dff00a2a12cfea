#include "service/store/connection.h"

#include <sqlite3.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"
#include "service/store/sqlite_error.h"

namespace cimvisor::store {
namespace {

constexpr size_t kStatementLimit = 256;  // beyond it, all are dropped and made anew
constexpr int64_t kQuickCheckBytes = 64 * 1024 * 1024;
constexpr int kBusyMilliseconds = 10000;

// Puts a kept statement back to its start and lets go of its parameters.
class StatementReset {
 public:
  explicit StatementReset(sqlite3_stmt* statement) : statement_(statement) {}
  ~StatementReset() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  StatementReset(const StatementReset&) = delete;
  StatementReset& operator=(const StatementReset&) = delete;

 private:
  sqlite3_stmt* statement_;
};

int BindOne(sqlite3_stmt* statement, int place, const SqlValue& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return sqlite3_bind_int64(statement, place, *integer);
  if (const auto* real = std::get_if<double>(&value)) return sqlite3_bind_double(statement, place, *real);
  if (const auto* text = std::get_if<std::string>(&value)) {
    return sqlite3_bind_text64(statement, place, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  if (const auto* blob = std::get_if<Blob>(&value)) {
    if (blob->bytes.empty()) return sqlite3_bind_zeroblob(statement, place, 0);
    return sqlite3_bind_blob64(statement, place, blob->bytes.data(), blob->bytes.size(), SQLITE_STATIC);
  }
  return sqlite3_bind_null(statement, place);
}

SqlValue Column(sqlite3_stmt* statement, int place) {
  const auto bytes = [&](const void* data) {
    return data == nullptr ? std::string()
                           : std::string(static_cast<const char*>(data),
                                         static_cast<size_t>(sqlite3_column_bytes(statement, place)));
  };
  switch (sqlite3_column_type(statement, place)) {
    case SQLITE_INTEGER:
      return int64_t{sqlite3_column_int64(statement, place)};
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, place);
    case SQLITE_TEXT:
      return bytes(sqlite3_column_text(statement, place));
    case SQLITE_BLOB:
      return Blob{bytes(sqlite3_column_blob(statement, place))};
    default:
      return std::monostate();
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const std::string& path, const std::string& vfs,
                                                             Access access) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= access == Access::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (access == Access::kCreate) flags |= SQLITE_OPEN_CREATE;
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &database, flags, vfs.empty() ? nullptr : vfs.c_str());
  if (code != SQLITE_OK) {
    absl::Status status = SqliteError(database, code, "opening", path);
    sqlite3_close_v2(database);
    return status;
  }
  sqlite3_busy_timeout(database, kBusyMilliseconds);
  return std::unique_ptr<Connection>(new Connection(database, path));
}

Connection::~Connection() {
  FinalizeAll();
  sqlite3_close_v2(database_);
}

void Connection::FinalizeAll() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  statements_.clear();
}

absl::StatusOr<sqlite3_stmt*> Connection::Prepare(absl::string_view sql) {
  if (const auto found = statements_.find(sql); found != statements_.end()) return found->second;
  if (statements_.size() >= kStatementLimit) FinalizeAll();
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, &tail);
  if (code != SQLITE_OK) return SqliteError(database_, code, sql, path_);
  if (statement == nullptr || tail != sql.data() + sql.size()) {
    sqlite3_finalize(statement);
    return absl::InternalError(absl::StrCat("not exactly one statement: ", sql));
  }
  statements_.emplace(sql, statement);
  return statement;
}

absl::Status Connection::Bind(sqlite3_stmt* statement, absl::string_view sql, const std::vector<SqlValue>& parameters) {
  const int wanted = sqlite3_bind_parameter_count(statement);
  if (static_cast<size_t>(wanted) != parameters.size()) {
    return absl::InternalError(absl::StrCat(sql, ": ", parameters.size(), " parameters given, ", wanted, " wanted"));
  }
  for (int i = 0; i < wanted; ++i) {
    const int code = BindOne(statement, i + 1, parameters[static_cast<size_t>(i)]);
    if (code != SQLITE_OK) return SqliteError(database_, code, sql, path_);
  }
  return absl::OkStatus();
}

absl::Status Connection::Execute(absl::string_view sql, const std::vector<SqlValue>& parameters) {
  ASSIGN_OR_RETURN(sqlite3_stmt * statement, Prepare(sql));
  const StatementReset reset(statement);
  RETURN_IF_ERROR(Bind(statement, sql, parameters));
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(statement);
  if (code != SQLITE_DONE) return SqliteError(database_, code, sql, path_);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<SqlRow>> Connection::Select(absl::string_view sql, const std::vector<SqlValue>& parameters) {
  ASSIGN_OR_RETURN(sqlite3_stmt * statement, Prepare(sql));
  const StatementReset reset(statement);
  RETURN_IF_ERROR(Bind(statement, sql, parameters));
  std::vector<SqlRow> rows;
  while (true) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) return rows;
    if (code != SQLITE_ROW) return SqliteError(database_, code, sql, path_);
    SqlRow& row = rows.emplace_back();
    const int columns = sqlite3_column_count(statement);
    row.reserve(static_cast<size_t>(columns));
    for (int i = 0; i < columns; ++i) row.push_back(Column(statement, i));
  }
}

absl::StatusOr<int64_t> Connection::SelectInteger(absl::string_view sql, const std::vector<SqlValue>& parameters) {
  ASSIGN_OR_RETURN(const std::vector<SqlRow> rows, Select(sql, parameters));
  if (rows.empty()) return absl::NotFoundError(absl::StrCat("no row: ", sql));
  const auto* integer = std::get_if<int64_t>(&rows[0][0]);
  if (integer == nullptr) return DamagedError(path_, absl::StrCat("no integer: ", sql));
  return *integer;
}

absl::Status Connection::Script(const std::string& sql) {
  const int code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return SqliteError(database_, code, sql, path_);
  return absl::OkStatus();
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(database_) == 0; }
bool Connection::last_error_was_io() const { return (sqlite3_errcode(database_) & 0xff) == SQLITE_IOERR; }
bool Connection::read_only() const { return sqlite3_db_readonly(database_, "main") == 1; }

void Connection::SetCheckpointOnClose(bool checkpoint) {
  sqlite3_db_config(database_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, checkpoint ? 0 : 1, nullptr);
}

absl::Status Connection::RunCheck(const std::string& pragma) {
  ASSIGN_OR_RETURN(const std::vector<SqlRow> rows, Select(pragma));
  if (rows.size() == 1 && rows[0][0] == SqlValue(std::string("ok"))) return absl::OkStatus();
  const std::string* problem = rows.empty() ? nullptr : std::get_if<std::string>(&rows[0][0]);
  return DamagedError(path_, problem != nullptr ? *problem : pragma);
}

absl::Status Connection::CheckIntegrity(bool thorough) {
  if (thorough) return RunCheck("PRAGMA integrity_check(1)");
  ASSIGN_OR_RETURN(const int64_t pages, SelectInteger("PRAGMA page_count"));
  ASSIGN_OR_RETURN(const int64_t page_bytes, SelectInteger("PRAGMA page_size"));
  if (pages * page_bytes <= kQuickCheckBytes) return RunCheck("PRAGMA quick_check(1)");
  ASSIGN_OR_RETURN(const std::vector<SqlRow> tables,
                   Select("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN "
                          "('journal', 'audit', 'requests')"));
  for (const SqlRow& row : tables) {
    const auto* name = std::get_if<std::string>(&row[0]);
    if (name == nullptr) return DamagedError(path_, "a table without a name");
    RETURN_IF_ERROR(RunCheck(absl::StrCat("PRAGMA quick_check('", *name, "')")));
  }
  return absl::OkStatus();
}

}  // namespace cimvisor::store
