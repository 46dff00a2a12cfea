// Uploads over gRPC: whole, or not at all.
#include "service/rpc/upload_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "service/rpc/testing/rpc_world.h"

namespace cimvisor::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::RpcWorld;

std::string Content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class UploadStreamTest : public ::testing::Test {
 protected:
  static Limits SmallLimits() {
    Limits limits;
    limits.upload_bytes = 1000;
    return limits;
  }
  static v1::UploadRequest First(const std::string& name, const std::string& data = "") {
    v1::UploadRequest request;
    request.set_root("boot");
    request.set_name(name);
    request.set_data(data);
    return request;
  }
  static v1::UploadRequest Data(const std::string& data) {
    v1::UploadRequest request;
    request.set_data(data);
    return request;
  }
  grpc::Status Upload(const std::vector<v1::UploadRequest>& messages) {
    grpc::ClientContext context;
    response_.Clear();
    const auto writer = stub_->Upload(&context, &response_);
    for (const v1::UploadRequest& message : messages) writer->Write(message);
    writer->WritesDone();
    return writer->Finish();
  }
  // What an upload that failed left behind.
  std::vector<std::string> Leftovers() { return world_.world.folder.Names(".cimvisor-upload"); }

  RpcWorld world_{SmallLimits()};
  std::unique_ptr<v1::ObjectManager::Stub> stub_ = world_.Objects();
  v1::UploadResponse response_;
};

TEST_F(UploadStreamTest, AFileAppearsWholeAndIsAudited) {
  const grpc::Status status = Upload({First("kernel", "ab"), Data("c"), Data("")});
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response_.path(), world_.world.folder.File("kernel"));
  EXPECT_EQ(response_.size(), 3u);
  EXPECT_EQ(response_.sha256(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Content(response_.path()), "abc");
  EXPECT_THAT(world_.host.records(), ElementsAre("done Upload " + response_.path()));
}

TEST_F(UploadStreamTest, AFileThatIsThereIsReplacedOnlyWhenAsked) {
  ASSERT_TRUE(Upload({First("kernel", "old")}).ok());
  EXPECT_EQ(Upload({First("kernel", "new")}).error_code(), grpc::StatusCode::ALREADY_EXISTS);
  v1::UploadRequest replace = First("kernel", "new");
  replace.set_replace(true);
  ASSERT_TRUE(Upload({replace}).ok());
  EXPECT_EQ(Content(response_.path()), "new");
  mkdir(world_.world.folder.File("folder").c_str(), 0755);
  v1::UploadRequest folder = First("folder");
  folder.set_replace(true);
  EXPECT_EQ(Upload({folder}).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(UploadStreamTest, OnlyPlainNamesBelowTheRootsForUploads) {
  for (const std::string& name : {std::string(), std::string("../x"), std::string("a/b"), std::string(".x"),
                                  std::string("/etc/x"), std::string(201, 'n'), std::string("a\tb")}) {
    EXPECT_EQ(Upload({First(name, "x")}).error_code(), grpc::StatusCode::INVALID_ARGUMENT) << name;
  }
  v1::UploadRequest exports = First("x");
  exports.set_root("exports");
  EXPECT_THAT(Upload({exports}).error_message(), HasSubstr("boot or images"));
  EXPECT_THAT(Upload({}).error_message(), HasSubstr("no message"));
  EXPECT_THAT(Leftovers(), IsEmpty());
}

TEST_F(UploadStreamTest, WhatIsTooLargeOrNotWhatWasPromisedLeavesNothing) {
  EXPECT_EQ(Upload({First("big", std::string(600, 'x')), Data(std::string(600, 'x'))}).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  v1::UploadRequest promised = First("short", "abc");
  promised.set_size(4);
  EXPECT_EQ(Upload({promised}).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Upload({First("a", "x"), First("b", "y")}).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(Leftovers(), IsEmpty());
  for (const char* name : {"big", "short", "a", "b"}) EXPECT_THAT(world_.world.folder.Names(name), IsEmpty());
}

TEST_F(UploadStreamTest, AClientThatGoesAwayLeavesNothing) {
  {
    grpc::ClientContext context;
    const auto writer = stub_->Upload(&context, &response_);
    v1::UploadRequest first = First("half", "abc");
    first.set_size(10);
    writer->Write(first);
    while (Leftovers().empty()) std::this_thread::yield();  // the service has begun
    context.TryCancel();
    EXPECT_FALSE(writer->Finish().ok());
  }
  while (!Leftovers().empty()) std::this_thread::yield();
  EXPECT_THAT(world_.world.folder.Names("half"), IsEmpty());
}

TEST_F(UploadStreamTest, ReadersMayNotUpload) {
  stub_ = world_.Objects(testing::kReaderUid);
  if (geteuid() != 0) return;  // the connection is root's or nobody's business: see access_test.cc
  EXPECT_EQ(Upload({First("x", "y")}).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(world_.host.records(), ElementsAre("denied Upload boot:x"));
  EXPECT_THAT(world_.world.folder.Names("x"), IsEmpty());
}

}  // namespace
}  // namespace cimvisor::rpc
