#include "service/security/request_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "service/cim/errors.h"
#include "service/security/audit_log.h"
#include "service/store/testing/temporary_folder.h"

namespace cimvisor::security {
namespace {

using ::testing::HasSubstr;

class RequestLogTest : public ::testing::Test {
 protected:
  RequestLogTest() { store_ = *store::Store::Open({.path = folder_.File("db")}); }

  static Operation Make(const std::string& id, const std::string& hash = "hash") {
    Operation operation;
    operation.caller.identity.name = "root";
    operation.name = "DefineSystem";
    operation.request_id = id;
    operation.parameters_hash = hash;
    return operation;
  }

  absl::Status Commit(const Operation& operation) {
    return store_->Commit({[&](store::Transaction& t) { return operation.Record(t); }, nullptr}).status();
  }

  store::testing::TemporaryFolder folder_;
  std::unique_ptr<store::Store> store_;
};

TEST_F(RequestLogTest, SameIdReturnsTheFirstOutcome) {
  RequestLog requests(*store_);
  Operation operation = Make("id-1");
  {
    auto first = requests.Admit(operation);
    ASSERT_TRUE(first.ok());
    EXPECT_FALSE(first->earlier_outcome);
    operation.outcome = std::string("out\0come", 8);
    ASSERT_TRUE(Commit(operation).ok());
  }
  const auto again = requests.Admit(Make("id-1"));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->earlier_outcome, operation.outcome);
  EXPECT_EQ(again->ticket, nullptr);
  EXPECT_EQ(RequestLog(*store_).Admit(Make("id-1"))->earlier_outcome, operation.outcome) << "also after a restart";
}

TEST_F(RequestLogTest, OtherParametersAreRefusedDoneOrInFlight) {
  RequestLog requests(*store_);
  auto first = requests.Admit(Make("id-1"));
  auto status = requests.Admit(Make("id-1", "other")).status();
  EXPECT_EQ(cim::CimStatusOf(status), cim::CimStatus::kInvalidParameter);
  ASSERT_TRUE(Commit(Make("id-1")).ok());
  first->ticket.reset();
  status = requests.Admit(Make("id-1", "other")).status();
  EXPECT_EQ(cim::CimStatusOf(status), cim::CimStatus::kInvalidParameter);
  EXPECT_THAT(std::string(status.message()), HasSubstr("use a fresh id"));
}

TEST_F(RequestLogTest, IdsAreScopedToTheCaller) {
  RequestLog requests(*store_);
  ASSERT_TRUE(Commit(Make("id-1")).ok());
  Operation other = Make("id-1", "other");
  other.caller.identity.name = "alice";
  EXPECT_FALSE(requests.Admit(other)->earlier_outcome);
  other.caller.identity.name = "root";
  other.caller.on_behalf_of = Identity{Identity::Kind::kUnixUser, "alice", 1};
  EXPECT_FALSE(requests.Admit(other)->earlier_outcome);
}

TEST_F(RequestLogTest, FailedCallIsCarriedOutAgain) {
  RequestLog requests(*store_);
  { auto first = requests.Admit(Make("id-1")); }  // no commit
  const auto again = requests.Admit(Make("id-1"));
  EXPECT_FALSE(again->earlier_outcome);
  EXPECT_NE(again->ticket, nullptr);
}

TEST_F(RequestLogTest, RepeatWaitsForTheCallInFlight) {
  RequestLog requests(*store_);
  auto first = requests.Admit(Make("id-1"));
  Operation hurried = Make("id-1");
  hurried.deadline = absl::Now() + absl::Milliseconds(1);
  EXPECT_TRUE(absl::IsDeadlineExceeded(requests.Admit(hurried).status()));
  std::thread repeat([&] {
    const auto again = requests.Admit(Make("id-1"));
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again->earlier_outcome, "done");
  });
  Operation operation = Make("id-1");
  operation.outcome = "done";
  ASSERT_TRUE(Commit(operation).ok());
  first->ticket.reset();
  repeat.join();
}

TEST_F(RequestLogTest, ManyAtOnceAreCarriedOutOnce) {
  RequestLog requests(*store_);
  std::atomic<int> carried_out = 0;
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      auto admission = requests.Admit(Make("id-1"));
      ASSERT_TRUE(admission.ok());
      if (admission->earlier_outcome) return;
      ++carried_out;
      EXPECT_TRUE(Commit(Make("id-1")).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(carried_out, 1);
}

TEST_F(RequestLogTest, NoIdIsAdmittedAndALongOneRefused) {
  RequestLog requests(*store_);
  const auto admission = requests.Admit(Make(""));
  EXPECT_EQ(admission->ticket, nullptr);
  EXPECT_FALSE(admission->earlier_outcome);
  EXPECT_TRUE(requests.Admit(Make(std::string(kMaximumRequestIdBytes, 'x'))).ok());
  EXPECT_EQ(cim::CimStatusOf(requests.Admit(Make(std::string(kMaximumRequestIdBytes + 1, 'x'))).status()),
            cim::CimStatus::kInvalidParameter);
}

TEST_F(RequestLogTest, RecordIsUndoneWithItsChange) {
  const Operation operation = Make("id-1");
  const auto failed = store_->Commit({[&](store::Transaction& t) {
                                        EXPECT_TRUE(operation.Record(t).ok());
                                        return absl::AbortedError("the change failed");
                                      },
                                      nullptr});
  EXPECT_FALSE(failed.ok());
  EXPECT_FALSE(RequestLog(*store_).Admit(operation)->earlier_outcome);
  EXPECT_TRUE(AuditLog(*store_).ReadNewest(10)->empty());
}

}  // namespace
}  // namespace cimvisor::security
