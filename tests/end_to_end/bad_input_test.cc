// Wrong and hostile input over the wire: each gets the right status and a message that says what to do, and the rest
// goes on.
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/cpp/errors.h"
#include "tests/end_to_end/service_fixture.h"

namespace cimvisor::testing {
namespace {

using ::testing::HasSubstr;

class BadInputTest : public ServiceFixture {
 protected:
  client::Instance SettingData(const std::string& class_name, const std::string& property, client::Value value) {
    client::Instance instance;
    instance.set_class_name(class_name);
    client::Set(instance, property, std::move(value));
    return instance;
  }

  absl::StatusOr<client::InvokeResult> Define(const client::Instance& system,
                                              const std::vector<client::Instance>& resources) {
    client::Value array;
    array.mutable_array();
    for (const client::Instance& resource : resources) {
      *array.mutable_array()->add_values() = client::ObjectValue(resource);
    }
    return client_->Invoke(ManagementServicePath(), "DefineSystem",
                           {client::Parameter("SystemSettings", client::ObjectValue(system)),
                            client::Parameter("ResourceSettings", array)});
  }

  absl::StatusOr<client::InvokeResult> DefineNamed(const std::string& name,
                                                   const std::vector<client::Instance>& resources) {
    return Define(SettingData("Msvm_VirtualSystemSettingData", "ElementName", client::TextValue(name)), resources);
  }

  // A refusal is a failed method with words, or a failed call; never a success.
  std::string Refusal(const absl::StatusOr<client::InvokeResult>& result) {
    if (!result.ok()) return std::string(result.status().message());
    if (result->return_value == 0 || result->return_value == 4096) return "";
    return client::Text(result->error, "Message");
  }

  size_t MachineCount() {
    return client_->QueryAll("SELECT Name FROM Msvm_ComputerSystem WHERE Caption = 'Virtual Machine'")->size();
  }

  uint32_t WmiCode(const absl::Status& status) {
    const auto detail = client::ErrorDetailOf(status);
    return detail.has_value() ? detail->wmi_code() : 0;
  }
};

TEST_F(BadInputTest, ProtocolErrorsCarryTheirCodes) {
  ASSERT_TRUE(StartService());
  EXPECT_EQ(WmiCode(client_->QueryAll("SELECT * FROM Msvm_Nothing").status()), 0x80041010u);
  EXPECT_EQ(WmiCode(client_->QueryAll("SELECT FROM WHERE").status()), 0x80041017u);
  EXPECT_EQ(WmiCode(client_->QueryAll("").status()), 0x80041017u);
  EXPECT_EQ(WmiCode(client_->QueryAll("SELECT * FROM Msvm_ComputerSystem WHERE Nothing = 1").status()), 0x80041017u);
  EXPECT_EQ(WmiCode(client_->GetInstance(MachinePath("00000000-0000-0000-0000-000000000000")).status()), 0x80041002u);
  EXPECT_EQ(WmiCode(client_->GetClass("Msvm_Nothing").status()), 0x80041010u);
  EXPECT_NE(WmiCode(client_->GetInstance("this is no path").status()), 0u);
  EXPECT_EQ(WmiCode(client_->Invoke(ManagementServicePath(), "Fly", {}).status()), 0x8004102Eu);
  EXPECT_EQ(WmiCode(client_
                        ->Invoke(ManagementServicePath(), "DefineSystem",
                                 {client::Parameter("Nothing", client::UnsignedValue(1))})
                        .status()),
            0x80041008u);
  EXPECT_EQ(WmiCode(client_
                        ->Invoke(ManagementServicePath(), "DefineSystem",
                                 {client::Parameter("SystemSettings", client::TextValue("instance of { nonsense"))})
                        .status()),
            0x80041008u);
  client::ClientOptions options = client_->options();
  options.name_space = "root/nowhere";
  const auto elsewhere = client::Client::Connect(options);
  EXPECT_EQ(WmiCode((*elsewhere)->QueryAll("SELECT * FROM X").status()), 0x8004100Eu);
  EXPECT_TRUE(client_->QueryAll("SELECT * FROM Msvm_ComputerSystem").ok());
}

TEST_F(BadInputTest, HostileQueriesEndInErrors) {
  ASSERT_TRUE(StartService());
  const std::string begin = "SELECT * FROM Msvm_ComputerSystem WHERE ";
  std::string terms = "Name = '0'";
  for (int i = 0; i < 20000; ++i) terms += " OR Name = '0'";
  for (const std::string& query :
       {begin + std::string(30000, '(') + "Name = 'x'" + std::string(30000, ')'), begin + terms,
        begin + "Name = '" + std::string(100000, 'x') + "'", begin + "Name = 'open",
        begin + "Name LIKE '" + std::string(40000, '%'), std::string("\xff\xfe\x00\x01", 4), begin + "NOT NOT NOT",
        std::string("ASSOCIATORS OF {"), std::string("ASSOCIATORS OF {Msvm_ComputerSystem.Name=\"x}")}) {
    const absl::Status status = client_->QueryAll(query).status();
    EXPECT_FALSE(status.ok()) << query.substr(0, 60);
    EXPECT_NE(status.code(), absl::StatusCode::kUnavailable) << query.substr(0, 60) << ": " << status;
    EXPECT_LT(status.message().size(), 2000u);
  }
  EXPECT_TRUE(client_->QueryAll("SELECT * FROM Msvm_ComputerSystem").ok());
}

TEST_F(BadInputTest, MemoryAndProcessorsOutOfRange) {
  ASSERT_TRUE(StartService());
  for (const uint64_t megabytes : {uint64_t{0}, uint64_t{1} << 30, uint64_t{33}, ~uint64_t{0}}) {
    const std::string refusal = Refusal(
        DefineNamed("m", {SettingData("Msvm_MemorySettingData", "VirtualQuantity", client::UnsignedValue(megabytes))}));
    EXPECT_GT(refusal.size(), 10u) << megabytes << " MB";
  }
  for (const uint64_t processors : {0, 1000}) {
    const std::string refusal = Refusal(DefineNamed(
        "p", {SettingData("Msvm_ProcessorSettingData", "VirtualQuantity", client::UnsignedValue(processors))}));
    EXPECT_GT(refusal.size(), 10u) << processors << " processors";
  }
  EXPECT_EQ(MachineCount(), 0u) << "a refused definition left something";
}

TEST_F(BadInputTest, WrongTypesAndClasses) {
  ASSERT_TRUE(StartService());
  EXPECT_NE(
      Refusal(DefineNamed("t", {SettingData("Msvm_MemorySettingData", "VirtualQuantity", client::TextValue("many"))})),
      "");
  EXPECT_NE(Refusal(DefineNamed("t", {SettingData("Msvm_ComputerSystem", "Name", client::TextValue("x"))})), "");
  EXPECT_NE(Refusal(DefineNamed("t", {SettingData("Msvm_Nothing", "Name", client::TextValue("x"))})), "");
  EXPECT_NE(Refusal(DefineNamed("t", {SettingData("Msvm_MemorySettingData", "Nothing", client::TextValue("x"))})), "");
  EXPECT_EQ(MachineCount(), 0u);
}

TEST_F(BadInputTest, NamesOfEveryKind) {
  ASSERT_TRUE(StartService());
  EXPECT_NE(Refusal(DefineNamed(std::string(10000, 'x'), {})), "");
  EXPECT_NE(Refusal(DefineNamed("two\nlines", {})), "");
  for (const char* name : {"größer", "サーバー", "сервер", "שרת", "خادم", "🖥️ desktop",
                           "it's \"quoted\" \\ slashed", "%_[a-z]", "a b"}) {
    const auto result = DefineNamed(name, {});
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->return_value, 0u) << name << ": " << Refusal(result);
    EXPECT_EQ(Cli({"vm", "show", name}).exit_code, 0) << name;
  }
}

TEST_F(BadInputTest, KernelsThatAreNone) {
  ASSERT_TRUE(StartService());
  const std::string boot = boot_folder();
  WriteFile(boot + "/empty", "");
  WriteFile(boot + "/text", "this is no kernel, only words that go on for some time\n");
  WriteFile(boot + "/truncated", ReadFile(GuestPath()).substr(0, 100));
  mkdir((boot + "/folder").c_str(), 0755);
  ASSERT_EQ(symlink("/etc/passwd", (boot + "/link").c_str()), 0);
  const std::vector<std::string> kernels = {
      boot + "/empty",  boot + "/text",  boot + "/truncated",           boot + "/absent",
      boot + "/folder", boot + "/link",  boot + "/../../../etc/shadow", "/etc/shadow",
      "relative",       "/proc/self/mem"};
  int number = 0;
  for (const std::string& kernel : kernels) {
    const std::string name = absl::StrCat("k", number++);
    const CommandResult created = Cli({"vm", "create", name, "--memory", "32M", "--kernel", kernel});
    if (created.exit_code != 0) {
      EXPECT_GT(created.errors.size(), 30u) << kernel;
      continue;
    }
    const CommandResult started = Cli({"vm", "start", name});
    EXPECT_EQ(started.exit_code, 1) << kernel;
    EXPECT_GT(started.errors.size(), 30u) << kernel;
    EXPECT_THAT(Cli({"vm", "show", name}).output, HasSubstr("is off")) << kernel;
  }
  const CommandResult shadow =
      Cli({"vm", "create", "initrd", "--memory", "32M", "--kernel", boot + "/hello", "--initrd", "/etc/shadow"});
  const CommandResult start = Cli({"vm", "start", "initrd"});
  EXPECT_TRUE(shadow.exit_code != 0 || start.exit_code == 1);
  EXPECT_THAT(shadow.errors + start.errors, HasSubstr(boot)) << "the error lists the roots";
}

TEST_F(BadInputTest, AClientThatStopsReadingOrGoesAwayHurtsNobody) {
  ASSERT_TRUE(StartService());
  for (int i = 0; i < 50; ++i) ASSERT_EQ(DefineNamed(absl::StrCat("m", i), {})->return_value, 0u);
  // Never reads, while others work.
  client::Cancellation cancellation;
  int rows = 0;
  EXPECT_TRUE(client_
                  ->Query("SELECT * FROM Msvm_VirtualSystemSettingData",
                          [&](const client::Instance&) {
                            ++rows;
                            EXPECT_TRUE(client_->QueryAll("SELECT Name FROM Msvm_ComputerSystem").ok());
                            return false;  // goes away in the middle
                          })
                  .ok());
  EXPECT_EQ(rows, 1);
  const CommandResult killed = RunCommand({ProgramPath("cimvisor"), "--server", "unix:" + socket(), "watch",
                                           "SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA "
                                           "'Msvm_ComputerSystem'"},
                                          "", absl::Milliseconds(500));
  EXPECT_EQ(killed.exit_code, 137);
  EXPECT_EQ(DefineNamed("after", {})->return_value, 0u);
}

}  // namespace
}  // namespace cimvisor::testing
