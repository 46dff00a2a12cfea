#include "service/text/mof_instance.h"

#include <string>

#include "gtest/gtest.h"
#include "service/cim/errors.h"
#include "service/text/mof_test_util.h"

namespace cimvisor::text {
namespace {

class MofInstanceTest : public testing::Test {
 protected:
  void SetUp() override { FillRepository(kTestSchema, &repository_); }

  absl::StatusOr<std::shared_ptr<const cim::Instance>> Parse(const std::string& text) {
    return ParseInstanceMof(text, repository_, "ROOT\\test");
  }

  void ExpectError(const std::string& text, cim::CimStatus status, const char* expected) {
    absl::Status error = Parse(text).status();
    ASSERT_FALSE(error.ok()) << text;
    EXPECT_EQ(cim::CimStatusOf(error), status) << error;
    EXPECT_NE(std::string(error.message()).find(expected), std::string::npos) << error;
  }

  cim::ClassRepository repository_;
};

TEST_F(MofInstanceTest, NamesInAnyCaseAndMarksWhatIsMentioned) {
  auto instance = Parse("  instance of THING { NAME = \"a\"; small = 5; Large = null; }; \n");
  ASSERT_TRUE(instance.ok()) << instance.status();
  EXPECT_EQ((*instance)->cls().name(), "Thing");
  EXPECT_EQ((*instance)->Find("Name")->string(), "a");
  EXPECT_EQ(*(*instance)->Find("Small"), cim::Value::Unsigned(cim::CimType::kUint16, 5));
  EXPECT_TRUE((*instance)->IsMentioned((*instance)->cls().FindProperty("Large")));
  EXPECT_FALSE((*instance)->IsMentioned((*instance)->cls().FindProperty("Flag")));
  EXPECT_TRUE((*instance)->Find("Flag")->is_null());
}

TEST_F(MofInstanceTest, EmbeddedInstancesAndReferences) {
  auto instance = Parse(R"(instance of Thing {
    Friend = "root\\test:Thing.Name=\"b\"";
    Piece = instance of Part { Size = "7"; };
    Pieces = {instance of Part { Name = "x"; }, instance of Part { Name = "y"; }};
    Born = "20210730025715.006743-000"; Flag = "True"; Numbers = {"1", 2};
  };)");
  ASSERT_TRUE(instance.ok()) << instance.status();
  EXPECT_EQ((*instance)->Find("Friend")->reference().FindKey("Name")->string(), "b");
  EXPECT_EQ((*instance)->Find("Piece")->object()->Find("Size")->unsigned_value(), 7u);
  EXPECT_EQ((*instance)->Find("Pieces")->elements()[1].object()->Find("Name")->string(), "y");
  EXPECT_FALSE((*instance)->Find("Born")->datetime().is_interval());
  EXPECT_TRUE((*instance)->Find("Flag")->boolean());
  EXPECT_EQ((*instance)->Find("Numbers")->ToText(), "{1, 2}");
}

TEST_F(MofInstanceTest, Errors) {
  using cim::CimStatus;
  ExpectError("", CimStatus::kInvalidParameter, "expected one 'instance of CLASS");
  ExpectError("instance of Thing {}; instance of Thing {};", CimStatus::kInvalidParameter, "found 2 instances");
  ExpectError("class A {};", CimStatus::kInvalidParameter, "1 classes");
  ExpectError("instance of Nothing {};", CimStatus::kInvalidClass,
              "embedded instance:1:1: there is no class 'Nothing'");
  ExpectError("instance of Thing {\n Colour = 1; };", CimStatus::kNoSuchProperty, "embedded instance:2:2: ");
  ExpectError("instance of Thing { Small = 70000; };", CimStatus::kTypeMismatch, "Thing.Small: 70000 does not fit");
  ExpectError("instance of Thing { Small = 1; SMALL = 2; };", CimStatus::kInvalidParameter, "given twice");
  ExpectError("instance of Thing { Friend = $A; };", CimStatus::kInvalidParameter, "no instance has the alias $A");
  ExpectError("instance of Thing { Name = instance of Part {}; };", CimStatus::kTypeMismatch, "Thing.Name");
  ExpectError("#pragma include (\"/etc/passwd\")", CimStatus::kInvalidParameter, "may not include");
  ExpectError(std::string(2 << 20, ' '), CimStatus::kInvalidParameter, "longer than");
}

TEST_F(MofInstanceTest, UnknownNamespace) {
  auto instance = ParseInstanceMof("instance of Thing {};", repository_, "root/none");
  EXPECT_EQ(cim::CimStatusOf(instance.status()), cim::CimStatus::kInvalidNamespace);
}

TEST_F(MofInstanceTest, AliasesStandForPaths) {
  absl::StatusOr<MofDocument> document = ParseMof(
      {"i.mof", "instance of Thing { Name = \"a\"; Friend = $B; }; instance of Thing as $b { Name = \"b\"; };"},
      "root/test", nullptr);
  ASSERT_TRUE(document.ok()) << document.status();
  auto instances = BuildInstances(*document, repository_);
  ASSERT_TRUE(instances.ok()) << instances.status();
  EXPECT_EQ((*instances)[0]->Find("Friend")->reference(), (*instances)[1]->Path());
  EXPECT_TRUE((*instances)[0]->Find("Flag")->boolean());
}

TEST_F(MofInstanceTest, AliasesThatLeadBackToThemselvesAreRefused) {
  absl::StatusOr<MofDocument> document =
      ParseMof({"i.mof", "instance of Thing as $A { Friend = $B; }; instance of Thing as $B { Friend = $A; };"},
               "root/test", nullptr);
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_FALSE(BuildInstances(*document, repository_).ok());
  document = ParseMof({"i.mof", "instance of Thing as $A {}; instance of Thing as $a {};"}, "root/test", nullptr);
  EXPECT_FALSE(BuildInstances(*document, repository_).ok());
}

}  // namespace
}  // namespace cimvisor::text
