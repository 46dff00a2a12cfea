#include "service/security/role_table.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <thread>

#include "absl/strings/str_cat.h"

namespace cimvisor::security {
namespace {

class FakeUsers : public UserDatabase {
 public:
  std::string UserName(uint32_t uid) const override {
    const auto found = names_.find(uid);
    return found == names_.end() ? absl::StrCat(uid) : found->second;
  }
  std::vector<std::string> GroupNames(uint32_t uid, uint32_t gid) const override {
    std::vector<std::string> groups = {absl::StrCat("g", gid)};
    if (uid == 1001) groups.push_back("cimvisor");
    return groups;
  }

 private:
  std::map<uint32_t, std::string> names_ = {{0, "root"}, {1000, "alice"}, {1001, "bob"}, {1002, "carol"}};
};

class RoleTableTest : public ::testing::Test {
 protected:
  FakeUsers users_;
};

TEST_F(RoleTableTest, DefaultIsRootAndTheGroupCimvisor) {
  const RoleTable table(users_, RoleConfiguration());
  EXPECT_EQ(table.UnixCaller(0, 0).role, Role::kAdministrator);
  EXPECT_EQ(table.UnixCaller(1001, 5).role, Role::kAdministrator);
  EXPECT_EQ(table.UnixCaller(1000, 5).role, Role::kNobody);
  EXPECT_EQ(table.CertificateCaller("admin").role, Role::kNobody);
  EXPECT_EQ(table.UnixCaller(1000, 5).identity.name, "alice");
  EXPECT_EQ(table.UnixCaller(7, 5).identity.name, "7");
}

TEST_F(RoleTableTest, UsersGroupsAndCertificates) {
  RoleConfiguration configuration;
  configuration.administrators = {{"alice"}, {"g8"}, {"admin"}};
  configuration.readers = {{"alice", "bob"}, {"g9"}, {"monitor"}};
  const RoleTable table(users_, configuration);
  EXPECT_EQ(table.UnixCaller(1000, 5).role, Role::kAdministrator) << "the higher role counts";
  EXPECT_EQ(table.UnixCaller(1001, 5).role, Role::kReader) << "the default group is replaced";
  EXPECT_EQ(table.UnixCaller(1002, 8).role, Role::kAdministrator);
  EXPECT_EQ(table.UnixCaller(1002, 9).role, Role::kReader);
  EXPECT_EQ(table.CertificateCaller("admin").role, Role::kAdministrator);
  EXPECT_EQ(table.CertificateCaller("monitor").role, Role::kReader);
  EXPECT_EQ(table.CertificateCaller("alice").role, Role::kNobody) << "a user is no certificate";
  EXPECT_EQ(table.CertificateCaller("").role, Role::kNobody);
}

TEST_F(RoleTableTest, EmptyNameInTheConfigurationAdmitsNobody) {
  RoleConfiguration configuration;
  configuration.administrators.certificates = {""};
  EXPECT_EQ(RoleTable(users_, configuration).CertificateCaller("").role, Role::kNobody);
}

TEST_F(RoleTableTest, ReplaceWhileOthersAsk) {
  RoleTable table(users_, RoleConfiguration());
  std::thread asking([&] {
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(table.UnixCaller(0, 0).role, Role::kAdministrator);
  });
  for (int i = 0; i < 1000; ++i) table.Replace({{{"alice"}, {}, {}}, {}});
  asking.join();
  EXPECT_EQ(table.UnixCaller(1000, 5).role, Role::kAdministrator);
  EXPECT_EQ(table.UnixCaller(1001, 5).role, Role::kNobody);
}

TEST(SystemUserDatabaseTest, KnowsRootAndItsGroup) {
  const auto users = SystemUserDatabase();
  EXPECT_EQ(users->UserName(0), "root");
  EXPECT_EQ(users->UserName(4000000000), "4000000000");
  const auto groups = users->GroupNames(0, 0);
  EXPECT_NE(std::find(groups.begin(), groups.end(), "root"), groups.end());
  EXPECT_TRUE(users->GroupNames(4000000000, 4000000000).empty());
}

}  // namespace
}  // namespace cimvisor::security
