// Queries and classes as streams: pages, layouts, slow readers, readers that go away.
#include "service/rpc/query_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "service/rpc/testing/rpc_world.h"

namespace cimvisor::rpc {
namespace {

using ::testing::HasSubstr;
using testing::RpcWorld;

// Hands out as many machines as it is asked for, and counts them.
class EndlessProvider : public broker::Provider {
 public:
  EndlessProvider(std::shared_ptr<const cim::Instance> row, size_t rows) : row_(std::move(row)), rows_(rows) {}
  absl::Status Enumerate(const broker::ReadContext&, const broker::EnumerateRequest&,
                         broker::InstanceSink sink) override {
    for (size_t i = 0; i < rows_; ++i) {
      ++handed_out;
      if (!sink(row_)) break;
    }
    ended = true;
    return absl::OkStatus();
  }
  std::atomic<size_t> handed_out{0};
  std::atomic<bool> ended{false};

 private:
  const std::shared_ptr<const cim::Instance> row_;
  const size_t rows_;
};

// Waits, by yielding, for what another thread is bound to do.
template <typename Condition>
void WaitFor(Condition condition) {
  while (!condition()) std::this_thread::yield();
}

class QueryStreamTest : public ::testing::Test {
 protected:
  static v1::QueryRequest Wql(const std::string& wql) {
    v1::QueryRequest request;
    RpcWorld::Fill(request.mutable_header());
    request.set_wql(wql);
    return request;
  }

  // Every page, and the status.
  grpc::Status Run(const v1::QueryRequest& request, std::vector<v1::QueryResponse>& pages) {
    grpc::ClientContext context;
    const auto reader = stub_->Query(&context, request);
    v1::QueryResponse page;
    while (reader->Read(&page)) pages.push_back(page);
    return reader->Finish();
  }

  // A class of its own with many rows, in place of T_Bare (which has no provider).
  std::shared_ptr<EndlessProvider> AddRows(RpcWorld& world, size_t rows, size_t bytes_each) {
    auto provider = std::make_shared<EndlessProvider>(
        world.world.Instance("T_Bare", "InstanceID=x;ElementName=" + std::string(bytes_each, 'e')), rows);
    EXPECT_TRUE(world.world.providers.Add("root/test", "T_Bare", provider).ok());
    return provider;
  }

  RpcWorld world_;
  std::unique_ptr<v1::ObjectManager::Stub> stub_ = world_.Objects();
};

TEST_F(QueryStreamTest, EachClassHasItsLayoutOnceAndItsRowsByColumn) {
  std::vector<v1::QueryResponse> pages;
  const grpc::Status status = Run(Wql("SELECT * FROM T_System"), pages);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(pages.size(), 1u);
  EXPECT_EQ(pages[0].header().revision(), 7);
  ASSERT_EQ(pages[0].layouts_size(), 2);
  ASSERT_EQ(pages[0].batches_size(), 2);
  uint32_t rows = 0;
  for (const v1::Batch& batch : pages[0].batches()) rows += batch.rows();
  EXPECT_EQ(rows, 3u);
}

TEST_F(QueryStreamTest, SystemPropertiesAreColumns) {
  std::vector<v1::QueryResponse> pages;
  const grpc::Status status =
      Run(Wql("SELECT __CLASS, Name, __DERIVATION, __GENUS FROM T_System WHERE Name = 'A'"), pages);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(pages.size(), 1u);
  const v1::Layout& layout = pages[0].layouts(0);
  ASSERT_EQ(layout.properties_size(), 4);
  EXPECT_EQ(layout.properties(0).name(), "__CLASS");
  EXPECT_EQ(layout.properties(1).name(), "Name");
  EXPECT_TRUE(layout.properties(2).is_array());
  EXPECT_EQ(layout.properties(3).type(), v1::CIM_TYPE_SINT32);
  const v1::Batch& batch = pages[0].batches(0);
  EXPECT_EQ(batch.strings(static_cast<int>(batch.columns(0).text(0))), "T_Machine");
  EXPECT_EQ(batch.columns(2).values(0).array().values(0).text(), "T_System");
  EXPECT_EQ(batch.columns(3).signed_(0), 2);
}

TEST_F(QueryStreamTest, RowsThatAreClassesComeWithTheirDeclarations) {
  std::vector<v1::QueryResponse> pages;
  ASSERT_TRUE(Run(Wql("SELECT * FROM meta_class WHERE __this ISA 'T_System'"), pages).ok());
  ASSERT_EQ(pages.size(), 1u);
  ASSERT_EQ(pages[0].batches_size(), 1);
  const v1::Batch& batch = pages[0].batches(0);
  ASSERT_EQ(batch.rows(), 3u);
  ASSERT_EQ(pages[0].classes_size(), 3);
  EXPECT_EQ(pages[0].layouts(0).class_name(), "meta_class");
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(batch.strings(static_cast<int>(batch.path(i))), ::testing::EndsWith(":" + pages[0].classes(i).name()));
  }
  pages.clear();
  ASSERT_TRUE(Run(Wql("SELECT __CLASS FROM meta_class WHERE __CLASS = 'T_Host'"), pages).ok());
  EXPECT_EQ(pages[0].batches(0).rows(), 1u);
  EXPECT_EQ(pages[0].classes_size(), 0);
}

TEST_F(QueryStreamTest, AQueryWithoutRowsStillAnswersWithItsRevision) {
  std::vector<v1::QueryResponse> pages;
  ASSERT_TRUE(Run(Wql("SELECT * FROM T_Machine WHERE Name = 'nobody'"), pages).ok());
  ASSERT_EQ(pages.size(), 1u);
  EXPECT_EQ(pages[0].header().revision(), 7);
  EXPECT_EQ(pages[0].batches_size(), 0);
}

TEST_F(QueryStreamTest, PagesHoldAtLeastOneHundredAndTwentyEightRows) {
  AddRows(world_, 1000, 10);
  v1::QueryRequest request = Wql("SELECT * FROM T_Bare");
  request.set_batch_rows(1);
  std::vector<v1::QueryResponse> pages;
  ASSERT_TRUE(Run(request, pages).ok());
  ASSERT_EQ(pages.size(), 8u);
  for (size_t i = 0; i + 1 < pages.size(); ++i) EXPECT_EQ(pages[i].batches(0).rows(), 128u);
  EXPECT_EQ(pages[0].layouts_size(), 1);
  EXPECT_EQ(pages[1].layouts_size(), 0);
  EXPECT_FALSE(pages[1].has_header());
}

TEST_F(QueryStreamTest, TheFirstPageIsShortSoThatItComesEarly) {
  AddRows(world_, 1000, 10);
  std::vector<v1::QueryResponse> pages;
  ASSERT_TRUE(Run(Wql("SELECT * FROM T_Bare"), pages).ok());
  ASSERT_EQ(pages.size(), 3u);
  EXPECT_EQ(pages[0].batches(0).rows(), 128u);
  EXPECT_EQ(pages[1].batches(0).rows(), 512u);
  EXPECT_EQ(pages[2].batches(0).rows(), 360u);
}

TEST_F(QueryStreamTest, PagesAreBoundedInBytes) {
  AddRows(world_, 400, 0);
  auto& provider = *world_.world.machines;
  provider.instances.clear();
  for (int i = 0; i < 200; ++i) {
    provider.instances.push_back(world_.world.Instance(
        "T_Machine", "Name=" + std::to_string(i) + ";Notes=" + std::to_string(i) + std::string(10000, 'n')));
  }
  std::vector<v1::QueryResponse> pages;
  ASSERT_TRUE(Run(Wql("SELECT * FROM T_Machine"), pages).ok());
  EXPECT_GT(pages.size(), 5u);
  for (const v1::QueryResponse& page : pages) EXPECT_LT(page.ByteSizeLong(), 300u * 1024);
}

TEST_F(QueryStreamTest, ASlowReaderHoldsUpTheQueryAndNotTheResult) {
  constexpr size_t kRows = 200000;
  const auto provider = AddRows(world_, kRows, 200);
  grpc::ClientContext context;
  const auto reader = stub_->Query(&context, Wql("SELECT * FROM T_Bare"));
  v1::QueryResponse page;
  ASSERT_TRUE(reader->Read(&page));
  // Pages held, and what the transport's windows take, and no more: the provider stands still long before its end.
  EXPECT_FALSE(provider->ended);
  EXPECT_LT(provider->handed_out, kRows / 2);
  size_t rows = page.batches(0).rows();
  while (reader->Read(&page)) rows += page.batches(0).rows();
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(rows, kRows);
}

TEST_F(QueryStreamTest, AReaderThatGoesAwayEndsItsQuery) {
  const auto provider = AddRows(world_, ~size_t{0}, 1000);
  {
    grpc::ClientContext context;
    const auto reader = stub_->Query(&context, Wql("SELECT * FROM T_Bare"));
    v1::QueryResponse page;
    ASSERT_TRUE(reader->Read(&page));
    context.TryCancel();
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  WaitFor([&] { return provider->ended.load(); });
  std::vector<v1::QueryResponse> pages;
  EXPECT_TRUE(Run(Wql("SELECT * FROM T_Machine"), pages).ok());
}

TEST_F(QueryStreamTest, AReaderThatStallsIsEnded) {
  Limits limits;
  limits.stalled = absl::Milliseconds(50);
  RpcWorld world(limits);
  const auto provider = AddRows(world, ~size_t{0}, 1000);
  const auto stub = world.Objects();
  grpc::ClientContext context;
  const auto reader = stub->Query(&context, Wql("SELECT * FROM T_Bare"));
  WaitFor([&] { return provider->ended.load(); });  // nobody reads
  v1::QueryResponse page;
  while (reader->Read(&page)) {
  }
  EXPECT_FALSE(reader->Finish().ok());
}

TEST_F(QueryStreamTest, WrongQueriesSayWhereTheyAreWrong) {
  std::vector<v1::QueryResponse> pages;
  grpc::Status status = Run(Wql("SELECT FROM"), pages);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(testing::DetailOf(status).wmi_code_name(), "WBEM_E_INVALID_QUERY");
  status = Run(v1::QueryRequest(), pages);
  EXPECT_THAT(status.error_message(), HasSubstr("no query"));
  v1::QueryRequest both = Wql("SELECT * FROM T_Machine");
  both.mutable_properties()->add_names("Name");
  EXPECT_EQ(Run(both, pages).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(pages.empty());
}

TEST_F(QueryStreamTest, EnumerationAndAssociationsAsParsedForms) {
  v1::QueryRequest request;
  RpcWorld::Fill(request.mutable_header());
  request.mutable_enumerate()->set_class_name("T_Machine");
  request.mutable_properties()->add_names("State");
  std::vector<v1::QueryResponse> pages;
  grpc::Status status = Run(request, pages);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(pages[0].layouts(0).properties_size(), 1);
  EXPECT_THAT(pages[0].batches(0).columns(0).unsigned_(), ::testing::ElementsAre(2u, 3u));

  pages.clear();
  request.Clear();
  RpcWorld::Fill(request.mutable_header());
  request.mutable_associators()->set_path(RpcWorld::MachinePath("A"));
  request.mutable_associators()->set_result_class("T_Settings");
  status = Run(request, pages);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(pages[0].batches_size(), 1);
  EXPECT_EQ(pages[0].batches(0).rows(), 1u);
}

TEST_F(QueryStreamTest, ExplainAnswersWithThePlan) {
  v1::QueryRequest request = Wql("SELECT * FROM T_Machine WHERE Name = 'A'");
  request.set_explain(true);
  std::vector<v1::QueryResponse> pages;
  ASSERT_TRUE(Run(request, pages).ok());
  ASSERT_EQ(pages.size(), 1u);
  EXPECT_GT(pages[0].explanation().steps_size(), 0);
  EXPECT_EQ(pages[0].batches_size(), 0);
}

TEST_F(QueryStreamTest, RowsAreRenderedByTheServerWhenAskedFor) {
  Renderers renderers;
  renderers.instance_mof = [](const cim::Instance& instance, const std::vector<int>*) {
    return "instance of " + instance.cls().name();
  };
  RpcWorld world(Limits(), std::nullopt, renderers);
  v1::QueryRequest request = Wql("SELECT * FROM T_Machine");
  request.mutable_header()->set_representation(v1::REPRESENTATION_MOF);
  grpc::ClientContext context;
  const auto stub = world.Objects();
  const auto reader = stub->Query(&context, request);
  v1::QueryResponse page;
  ASSERT_TRUE(reader->Read(&page));
  EXPECT_THAT(page.texts(), ::testing::ElementsAre("instance of T_Machine", "instance of T_Machine"));
  EXPECT_FALSE(reader->Read(&page));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(QueryStreamTest, ClassesAreStreamed) {
  grpc::ClientContext context;
  v1::EnumerateClassesRequest request;
  RpcWorld::Fill(request.mutable_header());
  request.set_superclass("T_System");
  const auto reader = stub_->EnumerateClasses(&context, request);
  v1::EnumerateClassesResponse page;
  ASSERT_TRUE(reader->Read(&page));
  EXPECT_EQ(page.classes_size(), 2);
  EXPECT_FALSE(reader->Read(&page));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST(PageRowsTest, TheClientsWishIsBounded) {
  EXPECT_EQ(PageRows(0), 512u);
  EXPECT_EQ(PageRows(1), 128u);
  EXPECT_EQ(PageRows(1000), 1000u);
  EXPECT_EQ(PageRows(~0u), 4096u);
}

}  // namespace
}  // namespace cimvisor::rpc
