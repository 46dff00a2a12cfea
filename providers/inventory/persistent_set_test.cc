#include "providers/inventory/persistent_set.h"

#include <cmath>
#include <functional>
#include <random>
#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace cimvisor::inventory {
namespace {

using IntSet = PersistentSet<int, std::less<>>;

std::vector<int> Elements(const IntSet& set) {
  std::vector<int> elements;
  set.ForEach([&](int value) {
    elements.push_back(value);
    return true;
  });
  return elements;
}

TEST(PersistentSetTest, AgreesWithASetUnderRandomChanges) {
  std::mt19937 random(20240601);
  std::uniform_int_distribution<int> values(0, 400);
  IntSet set;
  std::set<int> model;
  for (int step = 0; step < 5000; ++step) {
    const int value = values(random);
    if (random() % 3 != 0) {
      set = set.Insert(value);
      model.insert(value);
    } else {
      set = set.Erase(value);
      model.erase(value);
    }
    ASSERT_EQ(set.size(), model.size());
    ASSERT_LE(set.height(), 1.45 * std::log2(static_cast<double>(set.size()) + 2)) << "after " << step;
    if (step % 50 == 0) {
      ASSERT_EQ(Elements(set), std::vector<int>(model.begin(), model.end()));
    }
  }
  for (int value = 0; value <= 400; ++value) EXPECT_EQ(set.Find(value) != nullptr, model.count(value) == 1) << value;
}

TEST(PersistentSetTest, StaysFlatUnderAscendingInserts) {
  IntSet set;
  for (int value = 0; value < 10000; ++value) set = set.Insert(value);
  EXPECT_EQ(set.size(), 10000U);
  EXPECT_LE(set.height(), 20);
}

TEST(PersistentSetTest, AnOldSetNeverChanges) {
  IntSet set;
  for (int value : {5, 1, 9, 3}) set = set.Insert(value);
  const IntSet before = set;
  set = set.Insert(4).Erase(5).Erase(9);
  EXPECT_EQ(Elements(before), (std::vector<int>{1, 3, 5, 9}));
  EXPECT_EQ(Elements(set), (std::vector<int>{1, 3, 4}));
}

TEST(PersistentSetTest, ErasingWhatIsNotThereChangesNothing) {
  const IntSet set = IntSet().Insert(1);
  EXPECT_EQ(Elements(set.Erase(2)), std::vector<int>{1});
  EXPECT_TRUE(IntSet().Erase(2).empty());
}

TEST(PersistentSetTest, WalksFromAKeyAndStops) {
  IntSet set;
  for (int value = 0; value < 20; value += 2) set = set.Insert(value);
  std::vector<int> seen;
  set.ForEachFrom(7, [&](int value) {
    seen.push_back(value);
    return value < 12;
  });
  EXPECT_EQ(seen, (std::vector<int>{8, 10, 12}));
}

// Many elements match one key: the first of them is found.
struct Pair {
  int group;
  int member;
};
struct PairLess {
  bool operator()(const Pair& a, const Pair& b) const {
    return a.group != b.group ? a.group < b.group : a.member < b.member;
  }
  bool operator()(const Pair& a, int group) const { return a.group < group; }
  bool operator()(int group, const Pair& b) const { return group < b.group; }
};

TEST(PersistentSetTest, FindsTheFirstOfManyThatMatchAKey) {
  PersistentSet<Pair, PairLess> set;
  for (int member = 9; member >= 0; --member) {
    set = set.Insert({1, member}).Insert({2, member}).Insert({3, member});
  }
  const Pair* found = set.Find(2);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->member, 0);
  EXPECT_EQ(set.Find(4), nullptr);
}

TEST(PersistentSetTest, AnEqualElementIsReplaced) {
  struct Keyed {
    int key;
    int value;
  };
  struct ByKey {
    bool operator()(const Keyed& a, const Keyed& b) const { return a.key < b.key; }
  };
  const auto set = PersistentSet<Keyed, ByKey>().Insert({1, 10}).Insert({1, 20});
  EXPECT_EQ(set.size(), 1U);
  EXPECT_EQ(set.Find(Keyed{1, 0})->value, 20);
}

}  // namespace
}  // namespace cimvisor::inventory
