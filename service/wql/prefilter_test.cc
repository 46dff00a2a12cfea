#include "service/wql/prefilter.h"

#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "service/wql/compiler.h"
#include "service/wql/parser.h"
#include "service/wql/test_classes.h"

namespace cimvisor::wql {
namespace {

// Tells of an instance only what it was allowed to.
class PartialRow : public cim::ScalarRow {
 public:
  PartialRow(const cim::Instance& instance, std::set<std::string> told) : instance_(instance), told_(std::move(told)) {}
  bool Read(int slot, cim::Scalar* value) const override {
    if (told_.count(instance_.cls().properties()[static_cast<size_t>(slot)].name) == 0) return false;
    *value = cim::Scalar::Of(instance_.value(slot));
    return true;
  }

 private:
  const cim::Instance& instance_;
  const std::set<std::string> told_;
};

absl::StatusOr<Filter> Compile(const std::string& condition) {
  const absl::StatusOr<Query> query = ParseQuery("SELECT * FROM Test_System WHERE " + condition);
  if (!query.ok()) return query.status();
  const auto cls = TestClass("Test_System");
  Scope scope;
  scope.row = cls.get();
  return CompileFilter(*std::get<SelectQuery>(query->statement).where, query->text, scope,
                       CompileContext{&TestClasses(), "HOST1"});
}

const char* const kConditions[] = {"EnabledState = 2",
                                   "EnabledState > '3'",
                                   "Offset < 0",
                                   "Offset >= -5 AND Ratio < 3",
                                   "Name LIKE 'a%'",
                                   "Name = 'AB' OR EnabledState = 3",
                                   "NOT EnabledState = 2",
                                   "NOT (Name = 'ab' AND Shared = TRUE)",
                                   "Caption = 'x'",
                                   "NOT Caption = 'x'",
                                   "Caption IS NULL",
                                   "Name IS NOT NULL AND Shared = FALSE",
                                   "Installed > '20210101000000.000000+000'",
                                   "OnTime > 9223372036854775807",
                                   "Name > Caption",
                                   "__CLASS = 'Test_Machine' AND EnabledState = 2",
                                   "EnabledState = 2 OR Name > Caption",
                                   "Ratio = 2.5",
                                   "(Name = 'q' OR Caption = 'c') AND (EnabledState < 5 OR Offset = 1)"};

TEST(PrefilterTest, NeverDropsWhatTheFilterSelectsAndDropsAllElseWhenTheRowTellsAll) {
  const std::vector<std::shared_ptr<const cim::Instance>> rows = {
      TestInstance("Test_Machine",
                   "Name=AB;EnabledState=2;Offset=-5;Ratio=2.5;Shared=TRUE;OnTime=18446744073709551615;"
                   "Installed=20210730025715.006743-000"),
      TestInstance("Test_Machine", "Name=ab;EnabledState=3;Offset=7;Ratio=3.5;Shared=FALSE;Caption=c"),
      TestInstance("Test_Machine", "Name=q;EnabledState=9;Caption=x;Installed=20000101000000.000000-000"),
      TestInstance("Test_Host", "Name=h")};
  const std::set<std::string> all = {"Name",   "EnabledState", "Offset",    "Ratio",
                                     "Shared", "OnTime",       "Installed", "Caption"};
  for (const char* condition : kConditions) {
    const absl::StatusOr<Filter> filter = Compile(condition);
    ASSERT_TRUE(filter.ok()) << filter.status();
    const Prefilter prefilter(*filter);
    const bool of_literals = std::string(condition).find("> Caption") == std::string::npos &&
                             std::string(condition).find("__CLASS") == std::string::npos;
    for (const auto& row : rows) {
      const bool selected = filter->Matches(*row);
      if (of_literals) {
        EXPECT_EQ(prefilter.MayMatch(PartialRow(*row, all)), selected)
            << condition << " " << row->Path().RelativeText();
      }
      for (const std::set<std::string>& told :
           {std::set<std::string>{}, {"Name"}, {"EnabledState"}, {"Name", "Caption", "Offset"}, all}) {
        if (selected) {
          EXPECT_TRUE(prefilter.MayMatch(PartialRow(*row, told))) << condition << " " << row->Path().RelativeText();
        }
      }
    }
  }
}

TEST(PrefilterTest, IsEmptyWhereNothingCanBeDecided) {
  EXPECT_TRUE(Prefilter(*Compile("Name > Caption")).empty());
  EXPECT_TRUE(Prefilter(*Compile("__this ISA 'Test_Host'")).empty());
  EXPECT_FALSE(Prefilter(*Compile("Name = 'x'")).empty());
  EXPECT_TRUE(Prefilter(Filter()).empty());
}

}  // namespace
}  // namespace cimvisor::wql
