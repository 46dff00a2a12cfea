// Attached consoles: history, live bytes, one writer, a guest that takes no input, the end.
#include "service/rpc/console_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "service/rpc/testing/rpc_world.h"

namespace cimvisor::rpc {
namespace {

using ::testing::HasSubstr;
using testing::RpcWorld;

struct Attached {
  Attached(v1::Console::Stub& stub, const std::string& path, bool write) {
    stream = stub.Attach(&context);
    v1::ConsoleRequest open;
    open.mutable_open()->set_path(path);
    open.mutable_open()->set_name_space("root/test");
    open.mutable_open()->set_write(write);
    stream->Write(open);
    opened = stream->Read(&first) && first.has_opened();
  }
  bool Type(const std::string& text) {
    v1::ConsoleRequest request;
    request.set_data(text);
    return stream->Write(request);
  }
  // Reads until `count` bytes have come, or the end.
  std::string Read(size_t count) {
    std::string text;
    v1::ConsoleResponse response;
    while (text.size() < count && stream->Read(&response)) {
      text += response.data();
      skipped += response.skipped_bytes();
    }
    return text;
  }
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReaderWriter<v1::ConsoleRequest, v1::ConsoleResponse>> stream;
  v1::ConsoleResponse first;
  bool opened = false;
  uint64_t skipped = 0;
};

class ConsoleServiceTest : public ::testing::Test {
 protected:
  const std::string path_ = RpcWorld::MachinePath("A");
  RpcWorld world_;
  std::unique_ptr<v1::Console::Stub> stub_ = world_.Console();
};

TEST_F(ConsoleServiceTest, HistoryThenLiveBytes) {
  world_.console_source.hub.Append("booting\n");
  Attached reader(*stub_, path_, false);
  ASSERT_TRUE(reader.opened);
  EXPECT_EQ(reader.first.opened().history_bytes(), 8u);
  EXPECT_FALSE(reader.first.opened().writable());
  EXPECT_EQ(reader.Read(8), "booting\n");
  world_.console_source.hub.Append("> ");
  EXPECT_EQ(reader.Read(2), "> ");
}

TEST_F(ConsoleServiceTest, WhatIsTypedComesBackToEveryReader) {
  Attached writer(*stub_, path_, true);
  Attached reader(*stub_, path_, false);
  ASSERT_TRUE(writer.opened && reader.opened);
  EXPECT_TRUE(writer.first.opened().writable());
  ASSERT_TRUE(writer.Type("help\r"));
  EXPECT_EQ(writer.Read(5), "help\r");
  EXPECT_EQ(reader.Read(5), "help\r");
}

TEST_F(ConsoleServiceTest, OneWriterAtATime) {
  auto writer = std::make_unique<Attached>(*stub_, path_, true);
  ASSERT_TRUE(writer->opened);
  Attached second(*stub_, path_, true);
  EXPECT_FALSE(second.opened);
  EXPECT_EQ(second.stream->Finish().error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  writer->stream->WritesDone();
  writer->context.TryCancel();
  writer->stream->Finish();
  writer.reset();
  bool opened = false;  // once the service has seen the first writer go
  while (!opened) opened = Attached(*stub_, path_, true).opened;
}

TEST_F(ConsoleServiceTest, AReaderWhoTypesIsEndedWithTheReason) {
  Attached reader(*stub_, path_, false);
  ASSERT_TRUE(reader.opened);
  ASSERT_TRUE(reader.Type("x"));
  v1::ConsoleResponse response;
  EXPECT_FALSE(reader.stream->Read(&response));
  EXPECT_EQ(reader.stream->Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(ConsoleServiceTest, InputWaitsForTheGuestAndIsNotLost) {
  world_.console_source.SetRoom(3);
  Attached writer(*stub_, path_, true);
  ASSERT_TRUE(writer.opened);
  ASSERT_TRUE(writer.Type("0123456789"));
  ASSERT_TRUE(writer.Type("abc"));
  EXPECT_EQ(writer.Read(3), "012");
  world_.console_source.SetRoom(1000);
  EXPECT_EQ(writer.Read(10), "3456789abc");
}

TEST_F(ConsoleServiceTest, HalfClosingKeepsTheOutput) {
  Attached writer(*stub_, path_, true);
  ASSERT_TRUE(writer.opened);
  writer.stream->WritesDone();
  world_.console_source.hub.Append("still here");
  EXPECT_EQ(writer.Read(10), "still here");
}

TEST_F(ConsoleServiceTest, TheEndComesWithItsReason) {
  Attached reader(*stub_, path_, false);
  ASSERT_TRUE(reader.opened);
  world_.console_source.hub.Append("bye");
  world_.console_source.hub.Close("the machine was destroyed");
  EXPECT_EQ(reader.Read(3), "bye");
  v1::ConsoleResponse last;
  ASSERT_TRUE(reader.stream->Read(&last));
  EXPECT_EQ(last.closed().reason(), "the machine was destroyed");
  EXPECT_FALSE(reader.stream->Read(&last));
  EXPECT_TRUE(reader.stream->Finish().ok());
}

TEST_F(ConsoleServiceTest, AFloodReachesAReaderThatKeepsUpOrTellsItWhatItMissed) {
  Attached reader(*stub_, path_, false);
  ASSERT_TRUE(reader.opened);
  constexpr size_t kBytes = 20u << 20;
  std::thread guest([&] {
    const std::string block(4096, 'x');
    for (size_t sent = 0; sent < kBytes; sent += block.size()) world_.console_source.hub.Append(block);
    world_.console_source.hub.Close("end");
  });
  const size_t got = reader.Read(kBytes).size();
  EXPECT_EQ(got + reader.skipped, kBytes);
  guest.join();
}

TEST_F(ConsoleServiceTest, WrongOpeningsSaySo) {
  Attached absent(*stub_, RpcWorld::MachinePath("Z"), false);
  EXPECT_FALSE(absent.opened);
  EXPECT_EQ(absent.stream->Finish().error_code(), grpc::StatusCode::NOT_FOUND);
  Attached broken(*stub_, "T_Machine.Name=\"", false);
  EXPECT_EQ(broken.stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  Attached without_console(*stub_, "T_Host.Name=\"H\"", false);
  EXPECT_EQ(without_console.stream->Finish().error_code(), grpc::StatusCode::UNIMPLEMENTED);

  grpc::ClientContext context;
  const auto stream = stub_->Attach(&context);
  v1::ConsoleRequest data;
  data.set_data("first");
  stream->Write(data);
  v1::ConsoleResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_THAT(stream->Finish().error_message(), HasSubstr("`open`"));

  Attached twice(*stub_, path_, true);
  v1::ConsoleRequest open;
  open.mutable_open()->set_path(path_);
  twice.stream->Write(open);
  EXPECT_FALSE(twice.stream->Read(&response));
  EXPECT_EQ(twice.stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ConsoleServiceTest, ClientsThatVanishAtAnyMomentDoNoHarm) {
  for (int i = 0; i < 50; ++i) {
    Attached attached(*stub_, path_, i % 2 == 0);
    if (i % 3 == 0) attached.Type("x");
    world_.console_source.hub.Append("y");
    attached.context.TryCancel();
    attached.stream->Finish();
  }
  Attached reader(*stub_, path_, false);
  EXPECT_TRUE(reader.opened);
}

}  // namespace
}  // namespace cimvisor::rpc
