#include "service/security/rooted_path.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "service/store/testing/temporary_folder.h"

namespace cimvisor::security {
namespace {

using ::testing::HasSubstr;

class RootedPathTest : public ::testing::Test {
 protected:
  RootedPathTest() {
    for (const char* folder : {"images", "more", "boot", "boot/deep", "outside"}) {
      std::filesystem::create_directory(folder_.File(folder));
    }
    Write("boot/hello", "kernel");
    Write("boot/deep/below", "deep");
    Write("more/disk", "disk");
    Write("outside/secret", "secret");
    std::filesystem::create_symlink(folder_.File("outside/secret"), folder_.File("boot/link"));
    std::filesystem::create_symlink("hello", folder_.File("boot/inner"));
    std::filesystem::create_directory_symlink(folder_.File("outside"), folder_.File("boot/folder"));
    std::filesystem::create_directory_symlink(folder_.File("boot"), folder_.File("alias"));
    paths_ = std::make_unique<RootedPaths>(*RootedPaths::Create(
        {{"images", folder_.File("images")}, {"images", folder_.File("more")}, {"boot", folder_.File("boot")}}));
  }

  void Write(const std::string& name, const std::string& content) { std::ofstream(folder_.File(name)) << content; }

  absl::Status Fails(const std::string& path, FileAccess access = FileAccess::kRead,
                     const std::vector<std::string>& allowed = {}) {
    const auto opened = paths_->Open(path, access, allowed);
    EXPECT_FALSE(opened.ok()) << path;
    return opened.status();
  }

  static std::string Read(const OpenedPath& opened) {
    char bytes[64];
    const ssize_t count = ::pread(opened.fd.get(), bytes, sizeof bytes, 0);
    return count < 0 ? "(error)" : std::string(bytes, static_cast<size_t>(count));
  }

  store::testing::TemporaryFolder folder_;
  std::unique_ptr<RootedPaths> paths_;
};

TEST_F(RootedPathTest, OpensAbsoluteAndNamedPaths) {
  for (const std::string& path : {folder_.File("boot/hello"), std::string("boot:hello"), std::string("boot:/./hello"),
                                  folder_.File("/boot//./hello")}) {
    const auto opened = paths_->Open(path, FileAccess::kRead);
    ASSERT_TRUE(opened.ok()) << path << opened.status();
    EXPECT_EQ(Read(*opened), "kernel");
    EXPECT_EQ(opened->path, folder_.File("boot/hello"));
    EXPECT_EQ(opened->root, "boot");
    EXPECT_EQ(opened->relative, "hello");
    EXPECT_EQ(opened->size, 6u);
    EXPECT_EQ(::fcntl(opened->fd.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    EXPECT_LT(::write(opened->fd.get(), "x", 1), 0) << "opened for reading only";
  }
  EXPECT_EQ(Read(*paths_->Open("boot:deep/below", FileAccess::kRead)), "deep");
}

TEST_F(RootedPathTest, NamedPathIsLookedForInEachRootOfItsName) {
  EXPECT_EQ(paths_->Open("images:disk", FileAccess::kRead)->path, folder_.File("more/disk"));
  EXPECT_TRUE(absl::IsNotFound(Fails("images:absent")));
}

TEST_F(RootedPathTest, AccessIsWhatWasAskedFor) {
  const auto writable = paths_->Open("boot:hello", FileAccess::kReadWrite);
  EXPECT_EQ(::pwrite(writable->fd.get(), "K", 1, 0), 1);
  const auto found = paths_->Open("boot:hello", FileAccess::kOnlyFind);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(Read(*found), "(error)");
  const auto created = paths_->Open("boot:deep/new", FileAccess::kCreateNew);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(::write(created->fd.get(), "n", 1), 1);
  struct stat status;
  ASSERT_EQ(::fstat(created->fd.get(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_TRUE(absl::IsAlreadyExists(Fails("boot:deep/new", FileAccess::kCreateNew)));
  EXPECT_TRUE(absl::IsAlreadyExists(Fails("boot:link", FileAccess::kCreateNew)));
}

TEST_F(RootedPathTest, OutsideTheRootsIsRefusedAndListsThem) {
  for (const std::string& path :
       {std::string("/etc/shadow"), folder_.File("outside/secret"), folder_.File("bootleg"), std::string("/")}) {
    const absl::Status status = Fails(path);
    EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat("boot (", folder_.File("boot"), ")")));
    EXPECT_THAT(std::string(status.message()), HasSubstr("images ("));
  }
}

TEST_F(RootedPathTest, SymbolicLinksAreRefusedEvenInside) {
  for (const char* path : {"boot:link", "boot:inner", "boot:folder/secret"}) {
    for (const FileAccess access : {FileAccess::kRead, FileAccess::kReadWrite, FileAccess::kOnlyFind}) {
      const absl::Status status = Fails(path, access);
      EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
      EXPECT_THAT(std::string(status.message()), HasSubstr("symbolic link"));
    }
  }
  EXPECT_TRUE(absl::IsPermissionDenied(Fails("boot:folder/new", FileAccess::kCreateNew)));
  EXPECT_FALSE(std::filesystem::exists(folder_.File("outside/new")));
}

TEST_F(RootedPathTest, DotDotIsRefusedEverywhere) {
  for (const std::string& path : {std::string("boot:../outside/secret"), std::string("boot:deep/../hello"),
                                  folder_.File("boot/../outside/secret"), std::string("boot:..")}) {
    const absl::Status status = Fails(path);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("\"..\" is not allowed"));
  }
}

TEST_F(RootedPathTest, BadFormsAreRefused) {
  for (const std::string& path :
       {std::string(), std::string("hello"), std::string("nowhere:hello"), std::string("boot:"), std::string("boot:/"),
        std::string("boot:deep"), folder_.File("boot"), std::string("boot:hello/x"), std::string("boot:a\0b", 8),
        absl::StrCat("/", std::string(5000, 'x')), absl::StrCat("boot:", std::string(300, 'x'))}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Fails(path))) << path << Fails(path);
  }
  EXPECT_LT(Fails(absl::StrCat("/", std::string(5000, 'x'))).message().size(), 1000u);
}

TEST_F(RootedPathTest, AbsentIsNotFound) {
  const absl::Status status = Fails(folder_.File("boot/absent"));
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("there is no such file"));
}

TEST_F(RootedPathTest, SpecialFilesAreRefusedWithoutOpeningThem) {
  ASSERT_EQ(::mkfifo(folder_.File("boot/fifo").c_str(), 0600), 0);
  EXPECT_TRUE(absl::IsInvalidArgument(Fails("boot:fifo")));  // would block if it were opened
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, folder_.File("boot/socket").c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_TRUE(absl::IsInvalidArgument(Fails("boot:socket")));
}

TEST_F(RootedPathTest, OnlyTheAllowedRootsCount) {
  EXPECT_TRUE(paths_->Open("boot:hello", FileAccess::kRead, {"boot"}).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(Fails("boot:hello", FileAccess::kRead, {"images"})));
  const absl::Status status = Fails(folder_.File("boot/hello"), FileAccess::kRead, {"images"});
  EXPECT_TRUE(absl::IsPermissionDenied(status));
  EXPECT_THAT(std::string(status.message()), ::testing::Not(HasSubstr("boot (")));
  EXPECT_THAT(std::string(Fails("/x", FileAccess::kRead, {"exports"}).message()), HasSubstr("no root is configured"));
}

TEST_F(RootedPathTest, RootItselfMayBeReachedByALink) {
  const auto paths = RootedPaths::Create({{"boot", folder_.File("alias")}});
  ASSERT_TRUE(paths.ok()) << paths.status();
  EXPECT_TRUE(paths->Open(folder_.File("alias/hello"), FileAccess::kRead).ok());
  EXPECT_TRUE(paths->Open(folder_.File("boot/hello"), FileAccess::kRead).ok());
}

TEST_F(RootedPathTest, NearestRootCounts) {
  const auto paths = RootedPaths::Create({{"boot", folder_.File("boot")}, {"exports", folder_.File("boot/deep")}});
  EXPECT_EQ(paths->Open(folder_.File("boot/deep/below"), FileAccess::kRead)->root, "exports");
  EXPECT_EQ(paths->Open(folder_.File("boot/hello"), FileAccess::kRead)->root, "boot");
}

TEST_F(RootedPathTest, RootsMustBeFolders) {
  EXPECT_TRUE(absl::IsNotFound(RootedPaths::Create({{"boot", folder_.File("absent")}}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(RootedPaths::Create({{"boot", folder_.File("boot/hello")}}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(RootedPaths::Create({{"boot", "relative"}}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(RootedPaths::Create({{"", "/"}}).status()));
}

}  // namespace
}  // namespace cimvisor::security
