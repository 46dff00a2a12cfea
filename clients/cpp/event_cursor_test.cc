#include "clients/cpp/event_cursor.h"

#include <gtest/gtest.h>

namespace cimvisor::client {
namespace {

cimvisor::v1::Event EventOf(int64_t revision) {
  cimvisor::v1::Event event;
  event.set_revision(revision);
  return event;
}

cimvisor::v1::ResponseHeader Header(int64_t revision, const char* database = "a") {
  cimvisor::v1::ResponseHeader header;
  header.set_revision(revision);
  header.set_server_instance_id(database);
  return header;
}

int64_t Start(EventCursor& cursor) {
  cimvisor::v1::SubscribeRequest request;
  cursor.FillStart(request);
  return request.start_case() == cimvisor::v1::SubscribeRequest::kAfterRevision ? request.after_revision() : -1;
}

TEST(EventCursorTest, StartsFromNowOrBehindARevision) {
  EventCursor now(-1);
  EXPECT_EQ(Start(now), -1);
  EventCursor later(7);
  EXPECT_EQ(Start(later), 7);
}

TEST(EventCursorTest, ResumesBehindTheHeaderWhenNoEventCame) {
  EventCursor cursor(-1);
  ASSERT_TRUE(cursor.TakeHeader(Header(40)).ok());
  EXPECT_EQ(Start(cursor), 40);
}

TEST(EventCursorTest, ResumesInTheMiddleOfARevision) {
  EventCursor cursor(-1);
  ASSERT_TRUE(cursor.TakeHeader(Header(40)).ok());
  EXPECT_TRUE(cursor.IsNew(EventOf(41)));
  EXPECT_TRUE(cursor.IsNew(EventOf(42)));
  EXPECT_TRUE(cursor.IsNew(EventOf(42)));
  EXPECT_EQ(Start(cursor), 41);
  ASSERT_TRUE(cursor.TakeHeader(Header(41)).ok());
  EXPECT_FALSE(cursor.IsNew(EventOf(42)));
  EXPECT_FALSE(cursor.IsNew(EventOf(42)));
  EXPECT_TRUE(cursor.IsNew(EventOf(42)));
  // Broken again, with one event more of the same revision behind it.
  EXPECT_EQ(Start(cursor), 41);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(cursor.IsNew(EventOf(42)));
  EXPECT_TRUE(cursor.IsNew(EventOf(43)));
  EXPECT_EQ(Start(cursor), 42);
}

TEST(EventCursorTest, ALaterHeaderSaysThatEverythingBeforeItIsThere) {
  EventCursor cursor(-1);
  ASSERT_TRUE(cursor.TakeHeader(Header(40)).ok());
  EXPECT_TRUE(cursor.IsNew(EventOf(42)));
  ASSERT_TRUE(cursor.TakeHeader(Header(50)).ok());
  EXPECT_EQ(Start(cursor), 50);
  EXPECT_TRUE(cursor.IsNew(EventOf(51)));
}

TEST(EventCursorTest, AnotherDatabaseIsAnError) {
  EventCursor cursor(-1);
  ASSERT_TRUE(cursor.TakeHeader(Header(40)).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(cursor.TakeHeader(Header(40, "b"))));
}

TEST(EventCursorTest, SampledEventsCannotBeResumed) {
  EventCursor cursor(-1);
  ASSERT_TRUE(cursor.TakeHeader(Header(40)).ok());
  EXPECT_TRUE(cursor.can_resume());
  EXPECT_TRUE(cursor.IsNew(EventOf(0)));
  EXPECT_FALSE(cursor.can_resume());
}

}  // namespace
}  // namespace cimvisor::client
