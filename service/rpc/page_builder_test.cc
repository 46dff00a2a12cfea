#include "service/rpc/page_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/broker/testing/test_world.h"

namespace cimvisor::rpc {
namespace {

using broker::testing::TestWorld;
using ::testing::ElementsAre;

class PageBuilderTest : public ::testing::Test {
 protected:
  broker::Projection Project(absl::string_view class_name, const std::vector<std::string>& names) {
    broker::Projection projection;
    projection.cls = world_.Class(class_name);
    for (const std::string& name : names) projection.slots.push_back(projection.cls->FindProperty(name));
    return projection;
  }
  TestWorld world_;
  const std::string server_ = "HOST1";
  const ProtoWriter writer_{server_};
  PageBuilder builder_{writer_};
};

TEST_F(PageBuilderTest, ValuesStandByColumnWithNullsInABitmap) {
  const broker::Projection projection = Project("T_Machine", {"State", "Notes"});
  for (int i = 0; i < 10; ++i) {
    std::string properties = "Name=" + std::to_string(i);
    if (i != 9) properties += ";State=" + std::to_string(i);
    if (i % 2 == 0) properties += ";Notes=same";
    builder_.Add({world_.Instance("T_Machine", properties), &projection});
  }
  EXPECT_EQ(builder_.rows(), 10u);
  EXPECT_GT(builder_.bytes(), 10 * std::string(R"(\\HOST1\root\test:T_Machine)").size());
  const v1::QueryResponse page = builder_.Take();
  ASSERT_EQ(page.layouts_size(), 1);
  EXPECT_EQ(page.layouts(0).class_name(), "T_Machine");
  EXPECT_EQ(page.layouts(0).properties(0).name(), "State");
  EXPECT_EQ(page.layouts(0).properties(0).type(), v1::CIM_TYPE_UINT16);
  ASSERT_EQ(page.batches_size(), 1);
  const v1::Batch& batch = page.batches(0);
  EXPECT_EQ(batch.rows(), 10u);
  EXPECT_THAT(batch.columns(0).unsigned_(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_EQ(batch.columns(0).null_bitmap(), std::string("\x00\x02", 2));
  EXPECT_EQ(batch.columns(1).text_size(), 5);
  EXPECT_EQ(batch.columns(1).null_bitmap(), std::string("\xAA\x02", 2));
  EXPECT_EQ(batch.path_size(), 10);
  EXPECT_EQ(batch.strings_size(), 11) << "each path, and \"same\" once";
  EXPECT_EQ(batch.strings(static_cast<int>(batch.columns(1).text(0))), "same");
}

TEST_F(PageBuilderTest, ALayoutIsSentOnceInAStream) {
  const broker::Projection machines = Project("T_Machine", {"Name"});
  const broker::Projection hosts = Project("T_Host", {"Name"});
  const auto machine = world_.Instance("T_Machine", "Name=m");
  const auto host = world_.Instance("T_Host", "Name=h");
  builder_.Add({machine, &machines});
  builder_.Add({host, &hosts});
  builder_.Add({machine, &machines});
  v1::QueryResponse page = builder_.Take();
  EXPECT_EQ(page.layouts_size(), 2);
  ASSERT_EQ(page.batches_size(), 3);
  EXPECT_EQ(page.batches(0).layout_id(), page.batches(2).layout_id());
  EXPECT_NE(page.batches(0).layout_id(), page.batches(1).layout_id());
  EXPECT_EQ(builder_.rows(), 0u);
  EXPECT_EQ(builder_.bytes(), 0u);
  builder_.Add({host, &hosts});
  page = builder_.Take();
  EXPECT_EQ(page.layouts_size(), 0);
  EXPECT_EQ(page.batches(0).layout_id(), 2u);
}

TEST_F(PageBuilderTest, ReferencesAreStringsAndTextsAreRows) {
  const broker::Projection links = Project("T_SettingsOfSystem", {"System"});
  builder_.Add({world_.links->instances[0], &links});
  builder_.AddText("instance of X");
  const v1::QueryResponse page = builder_.Take();
  const v1::Batch& batch = page.batches(0);
  EXPECT_EQ(batch.strings(static_cast<int>(batch.columns(0).text(0))),
            R"(\\HOST1\root\test:T_Machine.CreationClassName="T_Machine",Name="A")");
  EXPECT_THAT(page.texts(), ElementsAre("instance of X"));
}

}  // namespace
}  // namespace cimvisor::rpc
