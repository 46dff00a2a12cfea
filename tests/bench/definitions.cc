// DefineSystem, acknowledged durable, beside bare SQLite commits of the same size and beside libvirt's define.
#include <sqlite3.h>

#include <atomic>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bench/figures.h"
#include "tests/bench/libvirt_peer.h"
#include "tests/bench/world.h"

namespace cimvisor::bench {
namespace {

void RequireSqlite(sqlite3* database, int code, const char* what) {
  if (code == SQLITE_OK || code == SQLITE_DONE) return;
  throw MeasurementFailed(absl::StrCat("sqlite: ", what, ": ", sqlite3_errmsg(database)));
}

// Commits per second of one thread: four rows each (record, journal, audit, request), as a definition writes, WAL and
// FULL.
class BareCommits {
 public:
  explicit BareCommits(const std::string& path) {
    RequireSqlite(database_, sqlite3_open(path.c_str(), &database_), "open");
    Execute("PRAGMA journal_mode=WAL");
    Execute("PRAGMA synchronous=FULL");
    Execute("CREATE TABLE record (id TEXT PRIMARY KEY, body BLOB) WITHOUT ROWID");
    for (const char* table : {"journal", "audit", "request"}) {
      Execute(absl::StrCat("CREATE TABLE ", table, " (id INTEGER PRIMARY KEY, body BLOB)"));
      sqlite3_stmt* statement = nullptr;
      const std::string sql = absl::StrCat("INSERT INTO ", table, " (body) VALUES (?)");
      RequireSqlite(database_, sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr), "prepare");
      statements_.push_back(statement);
    }
    RequireSqlite(database_, sqlite3_prepare_v2(database_, "INSERT INTO record VALUES (?, ?)", -1, &record_, nullptr),
                  "prepare");
  }
  ~BareCommits() {
    for (sqlite3_stmt* statement : statements_) sqlite3_finalize(statement);
    sqlite3_finalize(record_);
    sqlite3_close(database_);
  }
  BareCommits(const BareCommits&) = delete;
  BareCommits& operator=(const BareCommits&) = delete;

  double Rate(int commits) {
    return commits / Seconds([&] {
             for (int i = 0; i < commits; ++i) Commit();
           });
  }

 private:
  void Execute(const std::string& sql) {
    RequireSqlite(database_, sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr), sql.c_str());
  }
  void Commit() {
    Execute("BEGIN IMMEDIATE");
    const std::string id = absl::StrCat("machine-", next_++);
    const std::string body(500, 'b');
    sqlite3_bind_text(record_, 1, id.c_str(), -1, SQLITE_TRANSIENT);
    sqlite3_bind_blob(record_, 2, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
    RequireSqlite(database_, sqlite3_step(record_), "insert");
    sqlite3_reset(record_);
    for (sqlite3_stmt* statement : statements_) {
      sqlite3_bind_blob(statement, 1, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
      RequireSqlite(database_, sqlite3_step(statement), "insert");
      sqlite3_reset(statement);
    }
    Execute("COMMIT");
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* record_ = nullptr;
  std::vector<sqlite3_stmt*> statements_;
  int next_ = 0;
};

}  // namespace

void MeasureDefinitions(const Plan& plan, std::vector<Row>& rows) {
  World world;
  world.Start();
  BareCommits commits(world.folder() + "/bare.db");
  LibvirtPeer libvirt(world.guest());
  libvirt.Start();
  const int count = plan.Count(500);
  std::atomic<int> next = 0;
  const auto define = [&](int clients) {
    std::vector<std::unique_ptr<client::Client>> connections;
    for (int i = 0; i < clients; ++i) connections.push_back(world.NewClient());
    std::atomic<int> left = count;
    return count / Seconds([&] {
             OnThreads(clients, [&](int thread) {
               client::Client& connection = *connections[static_cast<size_t>(thread)];
               while (left.fetch_sub(1) > 0) world.Define(connection, absl::StrCat("d", next++), false);
             });
           });
  };
  const auto bare = [&] { return commits.Rate(count); };
  int defined_there = 0;
  const auto there = [&] {
    const int goal = defined_there + plan.Count(100);
    const int begin = defined_there;
    defined_there = goal;
    return (goal - begin) / Seconds([&] { libvirt.DefineUpTo(goal); });
  };
  rows.push_back(MeasurePairs(
      "DefineSystem, 1 client", "/s", "SQLite WAL FULL commits of 4 rows, one thread", plan.pairs, {0.35, false},
      [&] { return define(1); }, bare));
  rows.push_back(MeasurePairs(
      "DefineSystem, 8 clients", "/s", "SQLite WAL FULL commits of 4 rows, one thread", plan.pairs, {0.35, false},
      [&] { return define(8); }, bare));
  rows.push_back(MeasurePairs(
      "DefineSystem, 1 client", "/s", "libvirt define", plan.pairs, {2.0, false}, [&] { return define(1); }, there));
}

}  // namespace cimvisor::bench
