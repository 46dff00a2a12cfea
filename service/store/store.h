// The database: one writer thread that commits groups (WAL, synchronous=FULL), migrations, backup, and the tables that
// the service itself owns (journal, jobs, requests, audit, meta). Readers of the configuration don't touch SQLite.
#ifndef CIMVISOR_SERVICE_STORE_STORE_H_
#define CIMVISOR_SERVICE_STORE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

struct sqlite3;

namespace cimvisor::store {

// A parameter of a statement or a column of a row. A blob is a string bound as BLOB.
struct Blob {
  std::string bytes;
  friend bool operator==(const Blob&, const Blob&) = default;
};
using SqlValue = std::variant<std::monostate, int64_t, double, std::string, Blob>;
using SqlRow = std::vector<SqlValue>;

// One committed change of the domain, as the journal keeps it. The payload is the domain's own record (before and
// after); a view renders it for the namespace that listens.
struct JournalEntry {
  // kOccurred: something happened to the entity that is no change of it (an extrinsic event, such as an alert).
  enum class Kind : uint8_t { kCreated = 1, kModified = 2, kDeleted = 3, kOccurred = 4 };
  int64_t revision = 0;                 // set by the store
  int32_t index = 0;                    // place within the revision, set by the store
  absl::Time time = absl::UnixEpoch();  // set by the store
  Kind kind = Kind::kModified;
  std::string entity_kind = {};  // "machine", "job"
  std::string entity_id = {};
  std::string payload = {};
};

// The transaction of one change: valid only inside Change::write, on the writer thread.
class Transaction {
 public:
  virtual ~Transaction() = default;
  // The revision that this change gets if it commits: one sequence for the whole service.
  virtual int64_t revision() const = 0;
  virtual absl::Time time() const = 0;
  // Runs one statement with its parameters (cached by its text). Errors name the statement.
  virtual absl::Status Execute(absl::string_view sql, const std::vector<SqlValue>& parameters = {}) = 0;
  virtual absl::StatusOr<std::vector<SqlRow>> Select(absl::string_view sql,
                                                     const std::vector<SqlValue>& parameters = {}) = 0;
  // Adds a row to the journal; delivered to the store's JournalSink after the commit, in order.
  virtual void AppendJournal(JournalEntry entry) = 0;
};

// `write` runs on the writer thread inside a savepoint: an error undoes this change alone and is returned by Commit.
// `publish` runs on the writer thread after the group is durable, in the order of the revisions, before Commit returns.
// Neither may block on anything but SQLite, nor call Commit.
struct Change {
  std::function<absl::Status(Transaction&)> write = nullptr;
  std::function<void(int64_t revision)> publish = nullptr;
};

// A step of the schema of one owner ("store", "inventory", …); steps run forward at start, each once, after a backup.
struct Migration {
  std::string owner;
  int version = 0;  // from 1, without gaps
  std::vector<std::string> statements;
  std::function<absl::Status(Transaction&)> convert = nullptr;  // optional, after the statements
};

// Hears every committed change, in order, after it was published. Must not block.
class JournalSink {
 public:
  virtual ~JournalSink() = default;
  virtual void OnCommitted(const std::vector<JournalEntry>& entries) = 0;
};

struct StoreOptions {
  std::string path = {};             // the database file; its folder must exist
  std::string vfs = {};              // SQLite VFS name; empty: the default. Tests inject faults here
  std::string synchronous = "FULL";  // tests show that NORMAL loses what was acknowledged; never anything else
  std::vector<Migration> migrations = {};
  std::function<absl::Time()> now = nullptr;  // empty: absl::Now
  size_t queue_limit = 4096;  // changes that wait for the writer; more wait in Commit until their deadline
  // How far the journal reaches back: whichever of the three is reached first. Whole revisions go, the oldest first.
  absl::Duration journal_age = absl::Hours(24);
  int64_t journal_rows = 1000000;
  int64_t journal_bytes = int64_t{1} << 30;  // of the entries' payloads and names
  absl::Duration request_age = absl::Hours(24);
  int64_t audit_rows = 1000000;  // of changes; the oldest go first
  int64_t denial_rows = 100000;  // of denials
  // Between trimmings of journal, requests and audit, on the writer thread. Zero: after each group of changes.
  absl::Duration trim_interval = absl::Minutes(1);
  int checkpoint_pages = 1000;  // of 4 KiB in the write-ahead log before SQLite moves them into the database
};

// Thread-safe.
class Store {
 public:
  virtual ~Store() = default;

  // Opens or creates. Refuses: a database of a newer version (kFailedPrecondition, names both versions), one that is
  // damaged (kDataLoss; the file is kept, with the advice to restore a backup), a read-only one (kFailedPrecondition),
  // one in use by another service (kUnavailable, names its process).
  static absl::StatusOr<std::unique_ptr<Store>> Open(StoreOptions options);

  // Blocks until the change is durable and published, or failed. Returns its revision. kDeadlineExceeded before the
  // change was taken up means that it was not made. kUnavailable when the store is closing; kResourceExhausted on a
  // full disk, after which the next change may succeed. An I/O error while a group was made durable leaves its fate
  // unknown until a restart, so from then on every Commit fails with kInternal that says so.
  virtual absl::StatusOr<int64_t> Commit(Change change, absl::Time deadline = absl::InfiniteFuture()) = 0;

  // A read on a connection of its own (start-up, audit, journal replay); never on the path of ordinary queries.
  virtual absl::StatusOr<std::vector<SqlRow>> Read(absl::string_view sql,
                                                   const std::vector<SqlValue>& parameters = {}) = 0;

  // The last published revision.
  virtual int64_t revision() const = 0;
  // Random, made when the database was created.
  virtual const std::string& instance_id() const = 0;
  // Counts the starts of the service on this database; committed at open. Workers obey the highest.
  virtual int64_t epoch() const = 0;

  // Null: none. When it returns, no call to the former sink is running and none comes. Not from within a sink.
  virtual void SetJournalSink(JournalSink* sink) = 0;
  // Entries with a revision above `after`, in order, at most `limit`, but never a part of a revision: the last one is
  // whole even when that is more than `limit`. kOutOfRange when the journal no longer reaches back so far.
  virtual absl::StatusOr<std::vector<JournalEntry>> ReadJournal(int64_t after, size_t limit) = 0;
  // The lowest `after` that ReadJournal answers, plus one.
  virtual absl::StatusOr<int64_t> OldestJournalRevision() = 0;

  // A copy that was opened and checked, written to `path`, which must not exist.
  virtual absl::Status Backup(const std::string& path) = 0;
};

// Replaces the database of a stopped service by a checked copy of `backup`; the old one is kept beside it. The copy
// gets a new instance id, since its revisions go another way from here, and an epoch above all earlier ones.
absl::Status RestoreBackup(const std::string& backup, const std::string& database_path);

}  // namespace cimvisor::store

#endif  // CIMVISOR_SERVICE_STORE_STORE_H_
