#include "hypervisor-backend/worker/launch_directory.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hypervisor-backend/worker/temporary_folder.h"

namespace cimvisor::worker {
namespace {

class LaunchDirectoryTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  machine::FileDescriptor runtime_{open(folder_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
};

TEST_F(LaunchDirectoryTest, IsMadeListedAndRemoved) {
  const auto made = LaunchDirectory::Create(runtime_.get(), "1b4e28ba-2fa1");
  ASSERT_TRUE(made.ok()) << made.status();
  struct stat status {};
  ASSERT_EQ(stat((folder_.path() + "/1b4e28ba-2fa1").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  EXPECT_THAT(*LaunchDirectory::List(runtime_.get()), testing::ElementsAre("1b4e28ba-2fa1"));
  EXPECT_EQ(LaunchDirectory::Create(runtime_.get(), "1b4e28ba-2fa1").status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(LaunchDirectory::Open(runtime_.get(), "1b4e28ba-2fa1").ok());
  ASSERT_TRUE(made->MakeListener().ok());
  EXPECT_TRUE(LaunchDirectory::Remove(runtime_.get(), "1b4e28ba-2fa1").ok());
  EXPECT_THAT(*LaunchDirectory::List(runtime_.get()), testing::IsEmpty());
  EXPECT_TRUE(LaunchDirectory::Remove(runtime_.get(), "1b4e28ba-2fa1").ok()) << "nothing to remove is no error";
  EXPECT_EQ(LaunchDirectory::Open(runtime_.get(), "1b4e28ba-2fa1").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(LaunchDirectoryTest, IdsAreNoPaths) {
  for (const std::string& id : {std::string(), std::string("."), std::string(".."), std::string("a/b"),
                                std::string("a\n"), std::string("ü"), std::string(65, 'a')}) {
    EXPECT_EQ(LaunchDirectory::Create(runtime_.get(), id).status().code(), absl::StatusCode::kInvalidArgument) << id;
    EXPECT_EQ(LaunchDirectory::Open(runtime_.get(), id).status().code(), absl::StatusCode::kInvalidArgument) << id;
  }
}

TEST_F(LaunchDirectoryTest, SymbolicLinksAreNotFollowed) {
  ASSERT_EQ(symlink("/etc", (folder_.path() + "/link").c_str()), 0);
  EXPECT_FALSE(LaunchDirectory::Open(runtime_.get(), "link").ok());
  const auto made = LaunchDirectory::Create(runtime_.get(), "real");
  ASSERT_TRUE(made.ok());
  ASSERT_EQ(unlink((folder_.path() + "/real/record").c_str()), 0);
  ASSERT_EQ(symlink("/etc/passwd", (folder_.path() + "/real/record").c_str()), 0);
  EXPECT_FALSE(made->OpenRecord(false).ok());
}

TEST_F(LaunchDirectoryTest, ConnectsOnlyWhereSomebodyListens) {
  const auto made = LaunchDirectory::Create(runtime_.get(), "launch");
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->Connect().status().code(), absl::StatusCode::kUnavailable);
  {
    const auto listener = made->MakeListener();
    ASSERT_TRUE(listener.ok()) << listener.status();
    EXPECT_TRUE(made->Connect().ok());
  }
  EXPECT_EQ(made->Connect().status().code(), absl::StatusCode::kUnavailable) << "the listener is closed";
}

TEST_F(LaunchDirectoryTest, TheLogsTailIsPrintable) {
  const auto made = LaunchDirectory::Create(runtime_.get(), "launch");
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->LogTail(100), "");
  const auto log = made->OpenLog();
  ASSERT_TRUE(log.ok());
  ASSERT_EQ(write(log->get(), "first\x1b\nsecond\n", 14), 14);
  EXPECT_EQ(made->LogTail(100), "first?\nsecond\n");
  EXPECT_EQ(made->LogTail(7), "second\n");
}

}  // namespace
}  // namespace cimvisor::worker
