#include "service/rpc/listening_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace cimvisor::rpc {
namespace {

using ::testing::HasSubstr;

class ListeningSocketTest : public ::testing::Test {
 protected:
  ListeningSocketTest() {
    folder_ = ::testing::TempDir() + "/socket-XXXXXX";
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
  }
  ~ListeningSocketTest() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

TEST_F(ListeningSocketTest, AddressesAreParsedStrictly) {
  EXPECT_EQ(ParseListenAddress("unix:/a/b")->unix_path, "/a/b");
  EXPECT_EQ(ParseListenAddress("host.example:5989")->host, "host.example");
  EXPECT_EQ(ParseListenAddress("[::1]:1")->host, "::1");
  EXPECT_EQ(ParseListenAddress("0.0.0.0:65535")->port, 65535);
  for (const char* text :
       {"", "unix:", "host", "host:", ":5989", "host:65536", "host:x", "host:-1", "[::1:5", "::1]:5", "[]:5"}) {
    EXPECT_FALSE(ParseListenAddress(text).ok()) << text;
  }
}

TEST_F(ListeningSocketTest, TheSocketHasItsMode) {
  const std::string path = folder_ + "/s";
  const auto fd = ListenUnix(path, {0640, ""});
  ASSERT_TRUE(fd.ok()) << fd.status();
  struct stat file;
  ASSERT_EQ(stat(path.c_str(), &file), 0);
  EXPECT_TRUE(S_ISSOCK(file.st_mode));
  EXPECT_EQ(file.st_mode & 0777, 0640u);
}

TEST_F(ListeningSocketTest, AStaleSocketIsReplacedALivingOneIsNot) {
  const std::string path = folder_ + "/s";
  { ASSERT_TRUE(ListenUnix(path, {}).ok()); }  // its file stays, as after kill -9
  auto living = ListenUnix(path, {});
  ASSERT_TRUE(living.ok()) << living.status();
  const auto second = ListenUnix(path, {});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("another service"));
}

TEST_F(ListeningSocketTest, AnotherKindOfFileIsLeftAlone) {
  const std::string path = folder_ + "/s";
  std::ofstream(path) << "precious";
  EXPECT_EQ(ListenUnix(path, {}).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(std::filesystem::is_regular_file(path));
  RemoveUnixSocket(path);
  EXPECT_TRUE(std::filesystem::is_regular_file(path));
  EXPECT_FALSE(ListenUnix(folder_ + "/absent/s", {}).ok());
  EXPECT_EQ(ListenUnix(folder_ + "/", {}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ListeningSocketTest, PathsLongerThanASocketsNameWork) {
  const std::string folder = folder_ + "/" + std::string(200, 'd');
  ASSERT_TRUE(std::filesystem::create_directory(folder));
  const std::string path = folder + "/cimvisord.sock";
  ASSERT_GT(path.size(), 108u);
  ASSERT_TRUE(ListenUnix(path, {}).ok());
  EXPECT_TRUE(std::filesystem::is_socket(path));
  RemoveUnixSocket(path);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ListeningSocketTest, TcpHasAPort) {
  const auto fd = ListenTcp(*ParseListenAddress("127.0.0.1:0"));
  ASSERT_TRUE(fd.ok()) << fd.status();
  const auto port = LocalPort(fd->get());
  ASSERT_TRUE(port.ok());
  EXPECT_NE(*port, 0);
  EXPECT_EQ(ListenTcp({"", "127.0.0.1", *port}).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_FALSE(ReadPeerCredentials(fd->get()).ok());
}

TEST_F(ListeningSocketTest, PeerCredentialsAreThoseOfTheOtherEnd) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const security::UniqueFd first(ends[0]);
  const security::UniqueFd second(ends[1]);
  const auto peer = ReadPeerCredentials(first.get());
  ASSERT_TRUE(peer.ok());
  EXPECT_EQ(peer->pid, getpid());
  EXPECT_EQ(peer->uid, geteuid());
  EXPECT_EQ(peer->gid, getegid());
}

}  // namespace
}  // namespace cimvisor::rpc
