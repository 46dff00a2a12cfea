#include "service/wql/compare.h"

#include <limits>

#include "gtest/gtest.h"

namespace cimvisor::wql {
namespace {

using cim::CimType;
using cim::Value;

Value Unsigned(uint64_t value) { return Value::Unsigned(CimType::kUint64, value); }
Value Signed(int64_t value) { return Value::Signed(CimType::kSint64, value); }
Value Real(double value) { return Value::Real(CimType::kReal64, value); }

// -1, 0 or 1; 9 when unknown.
int Order(const Value& a, const Value& b) {
  if (CompareValues(a, Comparison::kEqual, b) == true) return 0;
  if (CompareValues(a, Comparison::kLess, b) == true) return -1;
  if (CompareValues(a, Comparison::kGreater, b) == true) return 1;
  return 9;
}

TEST(CompareTest, NumbersOfAllKindsCompareByValue) {
  EXPECT_EQ(Order(Unsigned(std::numeric_limits<uint64_t>::max()), Signed(-1)), 1);
  EXPECT_EQ(Order(Signed(-1), Unsigned(0)), -1);
  EXPECT_EQ(Order(Signed(std::numeric_limits<int64_t>::min()), Signed(std::numeric_limits<int64_t>::max())), -1);
  EXPECT_EQ(Order(Signed(-2), Signed(-1)), -1);
  EXPECT_EQ(Order(Unsigned(2), Real(2.0)), 0);
  EXPECT_EQ(Order(Unsigned(2), Real(2.5)), -1);
  EXPECT_EQ(Order(Signed(-2), Real(-2.5)), 1);
  EXPECT_EQ(Order(Real(-0.5), Signed(0)), -1);
  EXPECT_EQ(Order(Signed(-1), Real(0.0)), -1);
  EXPECT_EQ(Order(Unsigned(std::numeric_limits<uint64_t>::max()), Real(1e30)), -1);
  EXPECT_EQ(Order(Signed(std::numeric_limits<int64_t>::min()), Real(-1e30)), 1);
  // 2^53 + 1 is no double: a comparison as doubles would call them equal.
  EXPECT_EQ(Order(Unsigned((uint64_t{1} << 53) + 1), Real(9007199254740992.0)), 1);
}

TEST(CompareTest, UnknownWhereThereIsNoAnswer) {
  EXPECT_FALSE(CompareValues(Value(), Comparison::kEqual, Value()).has_value());
  EXPECT_FALSE(CompareValues(Real(std::numeric_limits<double>::quiet_NaN()), Comparison::kEqual, Real(1)).has_value());
  EXPECT_FALSE(CompareValues(Value::String("1"), Comparison::kEqual, Unsigned(1)).has_value());
  EXPECT_FALSE(CompareValues(Value::Boolean(true), Comparison::kLess, Value::Boolean(false)).has_value());
  const auto point = Value::Time(cim::DateTime::FromTime(absl::UnixEpoch()));
  const auto interval = Value::Time(cim::DateTime::FromDuration(absl::Seconds(1)));
  EXPECT_FALSE(CompareValues(point, Comparison::kEqual, interval).has_value());
}

TEST(CompareTest, TextComparesWithoutRegardToCase) {
  EXPECT_EQ(CompareText("ABC", "abc"), 0);
  EXPECT_LT(CompareText("abc", "ABD"), 0);
  EXPECT_LT(CompareText("ab", "abc"), 0);
  EXPECT_GT(CompareText("\xC3\xA4", "z"), 0);
}

bool Same(const char* a, const char* b) {
  return SameObject(cim::ObjectPath::Parse(a).value(), cim::ObjectPath::Parse(b).value());
}

TEST(CompareTest, PathsIgnoreWhatOneLeavesOut) {
  EXPECT_TRUE(Same(R"(\\HOST\root\test:C.K="v")", R"(C.k="V")"));
  EXPECT_TRUE(Same(R"(root\test:C="v")", R"(C.K="v")"));
  EXPECT_FALSE(Same(R"(root\other:C.K="v")", R"(root\test:C.K="v")"));
  EXPECT_FALSE(Same(R"(C.K="v")", R"(D.K="v")"));
  EXPECT_FALSE(Same(R"(C.K="v",L=1)", R"(C.K="v")"));
  EXPECT_TRUE(Same(R"(C.K="v",L=1)", R"(C.L="1",K="v")"));
}

}  // namespace
}  // namespace cimvisor::wql
