#include "clients/cpp/job.h"

#include <atomic>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/cpp/client.h"
#include "clients/cpp/testing/fake_service.h"

namespace cimvisor::client {
namespace {

using ::testing::ElementsAre;
using testing::FakeService;
using ::testing::HasSubstr;

constexpr char kPath[] = "Msvm_ConcreteJob.InstanceID=\"J\"";
constexpr uint64_t kRunning = 4;
constexpr uint64_t kCompleted = 7;
constexpr uint64_t kException = 10;

Instance Job(uint64_t state, uint64_t percent) {
  Instance job;
  job.set_class_name("Msvm_ConcreteJob");
  Set(job, "InstanceID", TextValue("J"));
  Set(job, "JobState", UnsignedValue(state));
  Set(job, "PercentComplete", UnsignedValue(percent));
  return job;
}

class WatchJobTest : public ::testing::Test {
 protected:
  void SetUp() override {
    service_.on_get_instance = [this](auto&, const auto&, cimvisor::v1::GetInstanceResponse& response) {
      ++reads_;
      if (!stored_.has_value()) return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such job");
      *response.mutable_instance() = *stored_;
      return grpc::Status::OK;
    };
    service_.Start();
    ClientOptions options;
    options.connection.server = service_.address();
    client_ = *Client::Connect(options);
  }

  absl::StatusOr<Instance> Wait(int64_t after, absl::Duration timeout = absl::Seconds(20)) {
    return client_->WatchJob(kPath, after, timeout, [this](const Instance& job) {
      progress_.push_back(Integer(job, "PercentComplete").value_or(-1));
    });
  }

  std::atomic<int> reads_ = 0;
  std::optional<Instance> stored_ = Job(kRunning, 0);
  std::vector<int64_t> progress_;
  FakeService service_;
  std::unique_ptr<Client> client_;
};

TEST_F(WatchJobTest, HearsProgressAndEndWithoutPolling) {
  for (const uint64_t percent : {20, 40, 60})
    service_.AddEvent(percent, "__InstanceModificationEvent", Job(kRunning, percent));
  service_.AddEvent(100, "__InstanceModificationEvent", Job(kCompleted, 100));
  const absl::StatusOr<Instance> job = Wait(10);
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_TRUE(JobStatusOf(*job).ok());
  EXPECT_THAT(progress_, ElementsAre(0, 20, 40, 60, 100));
  EXPECT_EQ(reads_, 1);
  EXPECT_THAT(service_.starts(), ElementsAre(10));
}

TEST_F(WatchJobTest, AJobThatEndedBeforeIsRead) {
  stored_ = Job(kException, 30);
  Set(*stored_, "ErrorDescription", TextValue("no room"));
  const absl::StatusOr<Instance> job = Wait(-1);
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_THAT(std::string(JobStatusOf(*job).message()), HasSubstr("no room"));
}

TEST_F(WatchJobTest, GoesOnBehindABrokenConnection) {
  service_.AddEvent(2, "__InstanceModificationEvent", Job(kRunning, 20));
  service_.AddEvent(3, "__InstanceModificationEvent", Job(kRunning, 40));
  service_.AddEvent(4, "__InstanceModificationEvent", Job(kCompleted, 100));
  service_.BreakAfter(2);
  const absl::StatusOr<Instance> job = Wait(1);
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_THAT(progress_, ElementsAre(0, 20, 40, 100));
  EXPECT_EQ(service_.subscriptions(), 2);
}

TEST_F(WatchJobTest, ARevisionBeforeTheJournalIsNoHole) {
  service_.set_oldest_revision(50);
  service_.AddEvent(60, "__InstanceModificationEvent", Job(kRunning, 1));
  stored_ = Job(kCompleted, 100);
  const absl::StatusOr<Instance> job = Wait(1);
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_THAT(service_.starts(), ElementsAre(1, -1));
}

TEST_F(WatchJobTest, AJobThatIsNotThereIsNotFound) {
  stored_.reset();
  EXPECT_TRUE(absl::IsNotFound(Wait(-1).status()));
}

TEST_F(WatchJobTest, ARemovedJobIsNotFound) {
  service_.AddEvent(2, "__InstanceDeletionEvent", Job(kRunning, 20));
  const absl::Status status = Wait(1).status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("removed"));
}

TEST_F(WatchJobTest, ATimeoutSaysThatTheJobGoesOn) {
  const absl::Status status = Wait(1, absl::Milliseconds(200)).status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("goes on"));
}

TEST_F(WatchJobTest, APathOfNoJobIsRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(client_->WatchJob("nonsense", -1, absl::Seconds(1), nullptr).status()));
}

}  // namespace
}  // namespace cimvisor::client
