#include "providers/codegen/permissions.h"

#include <string>

#include "gtest/gtest.h"
#include "providers/codegen/schema.h"
#include "providers/codegen/schema_files.h"

namespace cimvisor::schema {
namespace {

constexpr char kMof[] =
    "class Base { [Key] string Name; uint32 Start(); }; class Leaf : Base { uint32 Stop(); }; "
    "class Other : Base { uint32 Start(); };";
constexpr char kRows[] =
    "# comment\n*.ModifyInstance: instance.modify administer\n\nBase: base.read read\nBase.Start: base.start "
    "administer\n"
    "Leaf: leaf.read never\nLeaf.Stop: leaf.stop read\nOther: other.read read\nOther.Start: other.start never\n";

class PermissionsTest : public testing::Test {
 protected:
  void SetUp() override {
    absl::Status loaded = LoadSchemaFiles({{kIndexFile, kMof}, {kVolatileFile, ""}}, &classes_);
    ASSERT_TRUE(loaded.ok()) << loaded;
  }

  std::string OperationFor(const PermissionTable& table, const char* class_name, const char* method) {
    const PermissionRow* row = table.Find(**classes_.Find("root", class_name), method);
    return row == nullptr ? "" : row->operation;
  }

  void ExpectRefused(const std::string& text, const char* expected) {
    absl::StatusOr<PermissionTable> table = PermissionTable::Parse(text);
    absl::Status error = table.ok() ? table->Check(classes_) : table.status();
    ASSERT_FALSE(error.ok()) << text;
    EXPECT_NE(std::string(error.message()).find(expected), std::string::npos) << error;
  }

  cim::ClassRepository classes_;
};

TEST_F(PermissionsTest, TheNearestRowDecides) {
  absl::StatusOr<PermissionTable> table = PermissionTable::Parse(kRows);
  ASSERT_TRUE(table.ok()) << table.status();
  absl::Status checked = table->Check(classes_);
  EXPECT_TRUE(checked.ok()) << checked;
  EXPECT_EQ(OperationFor(*table, "Leaf", "start"), "base.start");
  EXPECT_EQ(OperationFor(*table, "Other", "Start"), "other.start");
  EXPECT_EQ(OperationFor(*table, "Leaf", "STOP"), "leaf.stop");
  EXPECT_EQ(OperationFor(*table, "Leaf", ""), "leaf.read");
  EXPECT_EQ(OperationFor(*table, "Leaf", "ModifyInstance"), "instance.modify");
  EXPECT_EQ(OperationFor(*table, "Leaf", "DeleteInstance"), "");
  EXPECT_EQ(OperationFor(*table, "Base", "Stop"), "");
  EXPECT_EQ(table->Find(**classes_.Find("root", "Leaf"), "")->right, Right::kNever);
}

TEST_F(PermissionsTest, MissingAndStrayRowsAreErrors) {
  std::string rows = kRows;
  auto without = [&rows](const std::string& line) {
    std::string text = rows;
    return text.erase(text.find(line), line.size());
  };
  ExpectRefused(without("Leaf.Stop: leaf.stop read\n"), "no row for Leaf.Stop of root");
  ExpectRefused(without("Base: base.read read\n"), "no row for Base of root");
  ExpectRefused(rows + "Nothing: nothing.read read\n", "the row Nothing names no class");
  ExpectRefused(rows + "Leaf.Start: leaf.start read\n", "the row Leaf.Start names no class, or no method");
  ExpectRefused(rows + "*.Start: all.start read\n", "the row *.Start");
  ExpectRefused(rows + "LEAF.stop: leaf.stop read\n", "permissions.txt:10: a second row for LEAF.stop");
}

TEST_F(PermissionsTest, BrokenRowsGiveTheLine) {
  ExpectRefused("\nBase read\n", "permissions.txt:2: expected 'Class: operation right'");
  ExpectRefused("Base: base.read\n", "permissions.txt:1: expected 'Class: operation right'");
  ExpectRefused("Base: base.read write\n", "expected the right read, administer or never, found 'write'");
  ExpectRefused(": base.read read\n", "permissions.txt:1");
}

TEST_F(PermissionsTest, TheAccessTableHasEveryMethodThatCanBeCalled) {
  absl::StatusOr<PermissionTable> table = PermissionTable::Parse(kRows);
  ASSERT_TRUE(table.ok());
  std::string names;
  for (const AccessRow& row : AccessTable(*table, classes_)) {
    ASSERT_NE(row.permission, nullptr);
    names += row.class_name + "." + row.method + " ";
  }
  EXPECT_EQ(names, "Base. Base.Start Leaf. Leaf.Start Leaf.Stop Other. Other.Start ");
}

TEST(EmbeddedPermissions, EveryClassAndMethodOfTheSchemaHasARow) {
  cim::ClassRepository classes;
  ASSERT_TRUE(LoadSchema(&classes).ok());
  absl::StatusOr<PermissionTable> table = LoadPermissions();
  ASSERT_TRUE(table.ok()) << table.status();
  absl::Status checked = table->Check(classes);
  EXPECT_TRUE(checked.ok()) << checked;
  for (const AccessRow& row : AccessTable(*table, classes)) EXPECT_NE(row.permission, nullptr) << row.class_name;
}

}  // namespace
}  // namespace cimvisor::schema
