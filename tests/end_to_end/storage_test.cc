// The database as an operator meets it: restarts, backups, damage, a second service, a folder that cannot be written.
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/end_to_end/service_fixture.h"

namespace cimvisor::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

class StorageTest : public ServiceFixture {
 protected:
  std::string DatabasePath() {
    for (const auto& entry : std::filesystem::directory_iterator(state_folder())) {
      if (absl::EndsWith(entry.path().string(), ".db") || absl::EndsWith(entry.path().string(), ".sqlite"))
        return entry.path();
    }
    ADD_FAILURE() << "no database in " << state_folder();
    return "";
  }
};

TEST_F(StorageTest, ARestartBringsBackEveryMachineAndSetting) {
  ASSERT_TRUE(StartService());
  const std::string guid = DefineMachine("kept", 64, 2);
  const std::string before = Cli({"-o", "json", "vm", "show", "kept"}).output;
  KillService();
  ASSERT_TRUE(StartService());
  EXPECT_EQ(Cli({"-o", "json", "vm", "show", guid}).output, before);
}

TEST_F(StorageTest, ASecondServiceOnTheSameStateIsRefused) {
  ASSERT_TRUE(StartService());
  const CommandResult second = RunServiceToItsEnd();
  EXPECT_NE(second.exit_code, 0);
  EXPECT_THAT(second.errors + second.output, HasSubstr(absl::StrCat(service_->pid())));
  EXPECT_EQ(Cli({"vm", "list"}).exit_code, 0);
}

TEST_F(StorageTest, BackupAndRestore) {
  ASSERT_TRUE(StartService());
  DefineMachine("kept");
  const CommandResult backup = Cli({"-o", "json", "service", "backup", "monday.db"});
  ASSERT_EQ(backup.exit_code, 0) << backup.errors;
  EXPECT_EQ(Cli({"service", "backup", "monday.db"}).exit_code, 1) << "a backup never overwrites";
  EXPECT_EQ(Cli({"service", "backup", "../escape.db"}).exit_code, 1);
  const size_t key = backup.output.find("\"Path\": \"") + 9;
  const std::string path = backup.output.substr(key, backup.output.find('"', key) - key);
  DefineMachine("later");
  TerminateService();
  const CommandResult restored = RunServiceToItsEnd({"--restore", path});
  EXPECT_EQ(restored.exit_code, 0) << restored.errors;
  ASSERT_TRUE(StartService());
  EXPECT_EQ(Cli({"vm", "show", "kept"}).exit_code, 0);
  EXPECT_EQ(Cli({"vm", "show", "later"}).exit_code, 3);
}

TEST_F(StorageTest, ADamagedDatabaseIsReportedAndKept) {
  ASSERT_TRUE(StartService());
  DefineMachine("kept");
  TerminateService();
  const std::string path = DatabasePath();
  // All of it into the main file: what lies in the log would mend the damage.
  ASSERT_EQ(
      RunCommand({"python3", "-c",
                  "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('pragma wal_checkpoint(truncate)')", path})
          .exit_code,
      0);
  std::string content = ReadFile(path);
  for (size_t i = 0; i < content.size(); i += 7) content[i] = static_cast<char>(content[i] ^ 0x5a);
  WriteFile(path, content);
  const CommandResult result = RunServiceToItsEnd();
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.errors + result.output, HasSubstr("--restore"));
  EXPECT_EQ(ReadFile(path), content) << "a damaged database is kept as it is";
}

TEST_F(StorageTest, ANewerDatabaseIsRefused) {
  ASSERT_TRUE(StartService());
  TerminateService();
  const CommandResult tables = RunCommand(
      {"python3", "-c",
       "import sqlite3, sys\n"
       "c = sqlite3.connect(sys.argv[1])\n"
       "for (name, sql) in c.execute(\"select name, sql from sqlite_master where type = 'table'\").fetchall():\n"
       "  columns = [row[1] for row in c.execute(f'pragma table_info({name})')]\n"
       "  if 'owner' in columns and 'version' in columns:\n"
       "    c.execute(f'update {name} set version = 9999')\n"
       "    c.commit(); print('raised', name)\n",
       DatabasePath()});
  ASSERT_THAT(tables.output, HasSubstr("raised")) << tables.errors;
  const CommandResult result = RunServiceToItsEnd();
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.errors + result.output, HasSubstr("9999"));
}

TEST_F(StorageTest, WrongFlagsAndConfigurationsAreToldWithTheirPlace) {
  EXPECT_EQ(RunServiceToItsEnd({"--fly"}).exit_code, 2);
  EXPECT_NE(RunServiceToItsEnd({"--backend", "vmware"}).exit_code, 0);
  WriteFile(folder() + "/wrong.conf", "# a comment\nnonsense here\n");
  const CommandResult result = RunServiceToItsEnd({"--config", folder() + "/wrong.conf"});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.errors + result.output, HasSubstr("2"));
  const CommandResult plain_tcp = RunServiceToItsEnd({"--listen", "127.0.0.1:0"});
  EXPECT_NE(plain_tcp.exit_code, 0);
  EXPECT_THAT(plain_tcp.errors + plain_tcp.output, AnyOf(HasSubstr("tls"), HasSubstr("TLS")));
}

TEST_F(StorageTest, LongRuntimePathsWork) {
  const std::string longer = folder() + "/" + std::string(120, 'r');
  std::filesystem::create_directories(longer);
  BackgroundProcess service({ProgramPath("cimvisord"), "--state-dir", state_folder(), "--runtime-dir", longer,
                             "--listen", absl::StrCat("unix:", longer, "/cimvisord.sock")},
                            folder() + "/long.log");
  const auto cli = [&](std::vector<std::string> words) {
    words.insert(words.begin(),
                 {ProgramPath("cimvisor"), "--server", absl::StrCat("unix:", longer, "/cimvisord.sock")});
    return RunCommand(words);
  };
  ASSERT_TRUE(Eventually([&] { return cli({"vm", "list"}).exit_code == 0; })) << ReadFile(folder() + "/long.log");
  ASSERT_EQ(cli({"vm", "create", "far", "--memory", "32M", "--kernel", boot_folder() + "/hello"}).exit_code, 0);
  EXPECT_EQ(cli({"vm", "start", "far"}).exit_code, 0);
  EXPECT_TRUE(Eventually([&] { return absl::StrContains(cli({"console", "far", "--history"}).output, ">"); }));
  EXPECT_EQ(cli({"vm", "stop", "far"}).exit_code, 0);
  EXPECT_EQ(service.Signal(SIGTERM), 0);
}

}  // namespace
}  // namespace cimvisor::testing
