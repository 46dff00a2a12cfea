#include "service/broker/sampled_subscription.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/broker/testing/test_world.h"
#include "service/cim/errors.h"

namespace cimvisor::broker {
namespace {

using cim::CimStatus;
using cim::CimStatusOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TestWorld;
using ::testing::UnorderedElementsAre;

const char* const kLoad =
    "SELECT * FROM __InstanceModificationEvent WITHIN 2 WHERE TargetInstance ISA 'T_Machine' AND TargetInstance.Load > "
    "50";

class SampledSubscriptionTest : public ::testing::Test {
 protected:
  void SetMachines(const std::vector<std::string>& machines) {
    world_.machines->instances.clear();
    for (const std::string& machine : machines)
      world_.machines->instances.push_back(world_.Instance("T_Machine", machine));
  }
  absl::StatusOr<std::unique_ptr<Subscription>> Subscribe(const std::string& wql,
                                                          std::optional<int64_t> after = std::nullopt) {
    return world_.broker->Subscribe(world_.Call(), SubscribeRequest{wql, after}, [this] { ++woken_; });
  }
  static std::vector<std::string> Take(Subscription& subscription, size_t limit = 100) {
    std::vector<std::string> texts;
    const auto events = subscription.Take(limit);
    if (!events.ok()) return {events.status().ToString()};
    for (const Event& event : *events) {
      EXPECT_EQ(event.revision, 0);
      texts.push_back(absl::StrCat(event.event->cls().name().substr(10), " ",
                                   event.event->Find("TargetInstance")->object()->Find("Name")->ToText()));
    }
    return texts;
  }

  TestWorld world_;
  int woken_ = 0;
};

TEST_F(SampledSubscriptionTest, ComparesWhatItReadsAtEachInterval) {
  SetMachines({"Name=A;Load=10", "Name=B;Load=90"});
  const auto subscription = Subscribe(kLoad);
  ASSERT_TRUE(subscription.ok()) << subscription.status();
  EXPECT_EQ(world_.timer.last_interval, absl::Seconds(2));
  EXPECT_EQ((*subscription)->start_revision(), 7);
  SetMachines({"Name=A;Load=60", "Name=B;Load=90"});
  EXPECT_THAT(Take(**subscription), IsEmpty()) << "before its time";
  world_.timer.Tick();
  EXPECT_EQ(woken_, 1);
  EXPECT_THAT(Take(**subscription), ElementsAre("ModificationEvent A"));
  world_.timer.Tick();
  EXPECT_THAT(Take(**subscription), IsEmpty()) << "nothing changed";
  SetMachines({"Name=A;Load=20", "Name=B;Load=95"});
  world_.timer.Tick();
  EXPECT_THAT(Take(**subscription), ElementsAre("ModificationEvent B"));
}

TEST_F(SampledSubscriptionTest, CreationsAndDeletionsOfAnOperationEvent) {
  SetMachines({"Name=A;Load=60"});
  const auto subscription = Subscribe(
      "SELECT * FROM __InstanceOperationEvent WITHIN 1 WHERE TargetInstance ISA 'T_Machine' AND TargetInstance.Load > "
      "50");
  ASSERT_TRUE(subscription.ok()) << subscription.status();
  SetMachines({"Name=B;Load=70", "Name=C;Load=5"});
  world_.timer.Tick();
  EXPECT_THAT(Take(**subscription), UnorderedElementsAre("CreationEvent B", "DeletionEvent A"));
}

TEST_F(SampledSubscriptionTest, ASmallLimitKeepsTheRestForLater) {
  SetMachines({"Name=A;Load=1", "Name=B;Load=1", "Name=C;Load=1"});
  const auto subscription = Subscribe(kLoad);
  SetMachines({"Name=A;Load=60", "Name=B;Load=60", "Name=C;Load=60"});
  world_.timer.Tick();
  EXPECT_EQ(Take(**subscription, 2).size(), 2U);
  EXPECT_EQ(Take(**subscription, 2).size(), 1U);
  EXPECT_THAT(Take(**subscription, 2), IsEmpty());
}

TEST_F(SampledSubscriptionTest, OnlySelectedMachinesAreAskedFor) {
  const auto subscription = Subscribe(std::string(kLoad) + " AND TargetInstance.Name = 'A'");
  ASSERT_TRUE(subscription.ok()) << subscription.status();
  ASSERT_EQ(world_.machines->last_request.hints.size(), 1U);
  EXPECT_EQ(world_.machines->last_request.hints[0].value.string(), "A");
  EXPECT_EQ(world_.hosts->enumerations, 0);
}

TEST_F(SampledSubscriptionTest, EndsItsTimer) {
  auto subscription = Subscribe(kLoad);
  EXPECT_EQ(world_.timer.handles(), 1U);
  subscription->reset();
  EXPECT_EQ(world_.timer.handles(), 0U);
}

TEST_F(SampledSubscriptionTest, WhatItCannotDoItSays) {
  const absl::Status resumed = Subscribe(kLoad, 5).status();
  EXPECT_EQ(CimStatusOf(resumed), CimStatus::kNotSupported);
  EXPECT_THAT(std::string(resumed.message()), HasSubstr("(Load) are sampled and cannot be resumed"));
  EXPECT_EQ(CimStatusOf(Subscribe("SELECT * FROM __InstanceModificationEvent WHERE TargetInstance ISA 'T_Machine' AND "
                                  "TargetInstance.Load > 50")
                            .status()),
            CimStatus::kInvalidQuery);
  EXPECT_EQ(
      CimStatusOf(
          Subscribe("SELECT * FROM __InstanceModificationEvent WITHIN 1 WHERE TargetInstance.Load > 50").status()),
      CimStatus::kInvalidQuery);
}

}  // namespace
}  // namespace cimvisor::broker
