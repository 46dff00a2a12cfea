#include "service/security/authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/cim/errors.h"

namespace cimvisor::security {
namespace {

using ::testing::HasSubstr;

TEST(AuthorizerTest, EveryRoleByEveryRight) {
  struct Row {
    Role role;
    bool read, administer, never;
  };
  constexpr Row kTable[] = {{Role::kNobody, false, false, false},
                            {Role::kReader, true, false, false},
                            {Role::kAdministrator, true, true, false}};
  for (const Row& row : kTable) {
    EXPECT_EQ(Allows(row.role, Right::kRead), row.read);
    EXPECT_EQ(Allows(row.role, Right::kAdminister), row.administer);
    EXPECT_EQ(Allows(row.role, Right::kNever), row.never);
  }
  EXPECT_FALSE(Allows(static_cast<Role>(99), Right::kRead)) << "denied by default";
  EXPECT_FALSE(Allows(Role::kAdministrator, static_cast<Right>(99)));
}

TEST(AuthorizerTest, DenialNamesCallerOperationAndRemedy) {
  Caller caller;
  caller.identity.name = "alice";
  caller.role = Role::kReader;
  EXPECT_TRUE(Authorize(caller, Right::kRead, "GetInstance").ok());
  const absl::Status denied = Authorize(caller, Right::kAdminister, "DefineSystem");
  EXPECT_EQ(cim::CimStatusOf(denied), cim::CimStatus::kAccessDenied);
  EXPECT_THAT(std::string(denied.message()),
              HasSubstr("DefineSystem is denied to alice, who is a reader; it needs the role of an administrator"));
}

TEST(CallerTextTest, NamesKindAndPrincipal) {
  Caller caller;
  caller.identity.name = "root";
  EXPECT_EQ(CallerText(caller), "root");
  caller.identity = {Identity::Kind::kCertificate, "wsman", 0};
  caller.on_behalf_of = Identity{Identity::Kind::kUnixUser, "alice", 1000};
  EXPECT_EQ(CallerText(caller), "certificate wsman on behalf of alice");
  caller.on_behalf_of.reset();
  caller.identity = {Identity::Kind::kService, "cimvisord", 0};
  EXPECT_EQ(CallerText(caller), "service cimvisord");
}

TEST(CallerTextTest, NoTwoCallersHaveTheSameText) {
  Caller forged;
  forged.identity = {Identity::Kind::kCertificate, "wsman on behalf of alice", 0};
  EXPECT_EQ(CallerText(forged), "certificate \"wsman on behalf of alice\"");
  forged.identity = {Identity::Kind::kUnixUser, "certificate admin", 0};
  EXPECT_EQ(CallerText(forged), "\"certificate admin\"");
  forged.identity = {Identity::Kind::kCertificate, "a\nb\"c", 0};
  EXPECT_EQ(CallerText(forged), "certificate \"a\\nb\\\"c\"");
  forged.identity = {Identity::Kind::kCertificate, "", 0};
  EXPECT_EQ(CallerText(forged), "certificate \"\"");
}

}  // namespace
}  // namespace cimvisor::security
