// The command line client as a user types it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/end_to_end/service_fixture.h"

namespace cimvisor::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class CommandLineTest : public ServiceFixture {};

TEST_F(CommandLineTest, WithoutAServerItSaysWhatToDo) {
  const CommandResult result = Cli({"vm", "list"});
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_THAT(result.errors, AllOf(HasSubstr("cimvisord"), HasSubstr("--server")));
}

TEST_F(CommandLineTest, UsageErrorsAreTwo) {
  EXPECT_EQ(Cli({}).exit_code, 2);
  EXPECT_EQ(Cli({"vm", "fly", "x"}).exit_code, 2);
  EXPECT_EQ(Cli({"vm", "create"}).exit_code, 2);
  EXPECT_EQ(Cli({"vm", "create", "x", "--memory", "1Z"}).exit_code, 2);
  EXPECT_EQ(Cli({"-o", "xml", "vm", "list"}).exit_code, 2);
  EXPECT_EQ(RunCommand({ProgramPath("cimvisor"), "--server", "nowhere", "vm", "list"}).exit_code, 2);
}

TEST_F(CommandLineTest, ProgramsSayHelpAndVersion) {
  for (const char* program : {"cimvisor", "cimvisord", "cimvisor-worker"}) {
    const CommandResult help = RunCommand({ProgramPath(program), "--help"});
    EXPECT_EQ(help.exit_code, 0) << program;
    EXPECT_GT(help.output.size(), 200u) << program;
    const CommandResult version = RunCommand({ProgramPath(program), "--version"});
    EXPECT_EQ(version.exit_code, 0) << program;
    EXPECT_THAT(version.output, HasSubstr(CIMVISOR_VERSION)) << program;
  }
}

TEST_F(CommandLineTest, MachinesByNameAndByGuid) {
  ASSERT_TRUE(StartService());
  const std::string first = DefineMachine("web");
  const std::string second = DefineMachine("twin");
  const std::string third = DefineMachine("Twin");
  EXPECT_THAT(Cli({"vm", "list"}).output, AllOf(HasSubstr("web"), HasSubstr("twin"), HasSubstr(first)));
  EXPECT_EQ(Cli({"vm", "show", "WEB"}).exit_code, 0);
  EXPECT_EQ(Cli({"vm", "show", absl::AsciiStrToLower(first)}).exit_code, 0);
  const CommandResult ambiguous = Cli({"vm", "start", "twin"});
  EXPECT_EQ(ambiguous.exit_code, 1);
  EXPECT_THAT(ambiguous.errors, AllOf(HasSubstr(second), HasSubstr(third)));
  EXPECT_EQ(Cli({"vm", "start", "nobody"}).exit_code, 3);
  EXPECT_EQ(Cli({"vm", "start", "00000000-0000-0000-0000-000000000000"}).exit_code, 3);
}

TEST_F(CommandLineTest, LifeCycleCommands) {
  ASSERT_TRUE(StartService());
  DefineMachine("box");
  EXPECT_EQ(Cli({"vm", "start", "box"}).exit_code, 0);
  EXPECT_THAT(Cli({"vm", "list"}).output, HasSubstr("running"));
  const CommandResult again = Cli({"vm", "start", "box"});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.errors, HasSubstr("32775"));
  EXPECT_EQ(Cli({"vm", "pause", "box"}).exit_code, 0);
  EXPECT_THAT(Cli({"vm", "list"}).output, HasSubstr("paused"));
  EXPECT_EQ(Cli({"vm", "resume", "box"}).exit_code, 0);
  EXPECT_EQ(Cli({"vm", "reset", "box"}).exit_code, 0);
  EXPECT_EQ(Cli({"vm", "delete", "box"}).exit_code, 1);
  EXPECT_EQ(Cli({"vm", "stop", "box"}).exit_code, 0);
  EXPECT_EQ(Cli({"vm", "delete", "box"}).exit_code, 0);
  EXPECT_EQ(Cli({"vm", "show", "box"}).exit_code, 3);
}

TEST_F(CommandLineTest, NoWaitPrintsTheJob) {
  ASSERT_TRUE(StartService());
  const std::string guid = DefineMachine("box");
  const CommandResult started = Cli({"--no-wait", "vm", "start", "box"});
  EXPECT_EQ(started.exit_code, 0) << started.errors;
  EXPECT_THAT(started.output, HasSubstr("Msvm_ConcreteJob.InstanceID="));
  const std::string path = started.output.substr(0, started.output.find('\n'));
  EXPECT_EQ(Cli({"get", path}).exit_code, 0);
  EXPECT_TRUE(Eventually([&] { return EnabledState(guid) == 2; }));
}

TEST_F(CommandLineTest, ObjectsInEachFormat) {
  ASSERT_TRUE(StartService());
  const std::string guid = DefineMachine("box");
  const std::string query = "SELECT ElementName, EnabledState FROM Msvm_ComputerSystem WHERE ElementName = 'box'";
  EXPECT_THAT(Cli({"query", query}).output, AllOf(HasSubstr("ELEMENTNAME"), HasSubstr("box"), HasSubstr("3")));
  EXPECT_THAT(Cli({"-o", "json", "query", query}).output, HasSubstr("\"EnabledState\": 3"));
  EXPECT_THAT(Cli({"-o", "mof", "query", query}).output, HasSubstr("instance of Msvm_ComputerSystem"));
  EXPECT_THAT(Cli({"get", MachinePath(guid)}).output, HasSubstr("Virtual Machine"));
  EXPECT_THAT(Cli({"-o", "mof", "get", MachinePath(guid)}).output, HasSubstr("ElementName = \"box\""));
  EXPECT_THAT(Cli({"query", absl::StrCat("ASSOCIATORS OF {", MachinePath(guid),
                                         "} WHERE ResultClass = Msvm_VirtualSystemSettingData")})
                  .output,
              HasSubstr(absl::StrCat("Microsoft:", guid)));
  const CommandResult wrong = Cli({"query", "SELECT * FORM Msvm_ComputerSystem"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.errors, HasSubstr("CIM_ERR_INVALID_QUERY"));
  EXPECT_EQ(Cli({"get", "Msvm_ComputerSystem.CreationClassName=\"x\",Name=\"y\""}).exit_code, 3);
}

TEST_F(CommandLineTest, ClassesAreShown) {
  ASSERT_TRUE(StartService());
  EXPECT_THAT(Cli({"class", "list"}).output, HasSubstr("Msvm_VirtualSystemManagementService"));
  EXPECT_THAT(Cli({"class", "list", "CIM_SettingData"}).output,
              AllOf(HasSubstr("Msvm_MemorySettingData"), Not(HasSubstr("Msvm_ConcreteJob"))));
  EXPECT_THAT(Cli({"class", "show", "msvm_computersystem"}).output, HasSubstr("EnabledState"));
  EXPECT_THAT(Cli({"-o", "mof", "class", "show", "Msvm_ComputerSystem"}).output,
              AllOf(HasSubstr("class Msvm_ComputerSystem"), HasSubstr("RequestStateChange")));
  EXPECT_NE(Cli({"class", "show", "Msvm_Nothing"}).exit_code, 0);
}

TEST_F(CommandLineTest, InvokeTakesTextAndFiles) {
  ASSERT_TRUE(StartService());
  const std::string guid = DefineMachine("box");
  WriteFile(folder() + "/settings.mof",
            absl::StrCat("instance of Msvm_VirtualSystemSettingData { InstanceID = \"Microsoft:", guid,
                         "\"; ElementName = \"renamed\"; };"));
  const CommandResult result = Cli({"invoke", ManagementServicePath(), "ModifySystemSettings",
                                    absl::StrCat("SystemSettings=@", folder(), "/settings.mof")});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("ReturnValue"));
  EXPECT_EQ(client::Text(Machine(guid), "ElementName"), "renamed");
}

TEST_F(CommandLineTest, UploadedKernelsRun) {
  ASSERT_TRUE(StartService());
  const CommandResult created =
      Cli({"vm", "create", "uploaded", "--memory", "32M", "--kernel", GuestPath(), "--upload"});
  ASSERT_EQ(created.exit_code, 0) << created.errors;
  ASSERT_EQ(Cli({"vm", "start", "uploaded"}).exit_code, 0);
  EXPECT_TRUE(Eventually([&] { return absl::StrContains(Cli({"console", "uploaded", "--history"}).output, ">"); }));
}

TEST_F(CommandLineTest, HostAndServiceAreShown) {
  ASSERT_TRUE(StartService());
  ASSERT_TRUE(Eventually(
      [&] {
        return !absl::StrContains(Cli({"host", "show"}).output, "still being checked");
      },
      absl::Seconds(60)));
  EXPECT_THAT(Cli({"host", "check"}).output, AllOf(HasSubstr("long mode"), HasSubstr("passed")));
  EXPECT_THAT(Cli({"service", "show"}).output, AllOf(HasSubstr(state_folder()), HasSubstr("administrator")));
}

TEST_F(CommandLineTest, NamesCannotDriveTheTerminal) {
  ASSERT_TRUE(StartService());
  const CommandResult created = Cli({"vm", "create", "bad\x1b[2Jname", "--memory", "32M"});
  EXPECT_EQ(created.output.find('\x1b'), std::string::npos);
  EXPECT_EQ(created.errors.find('\x1b'), std::string::npos);
  EXPECT_EQ(Cli({"vm", "list"}).output.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace cimvisor::testing
