#include "service/daemon/systemd_notify.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <string>

#include "service/security/unique_fd.h"

namespace cimvisor::daemon {
namespace {

std::string Receive(int fd) {
  char buffer[64];
  const ssize_t size = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
  return size < 0 ? "nothing" : std::string(buffer, static_cast<size_t>(size));
}

TEST(SystemdNotifyTest, SendsToAPathAndToAnAbstractName) {
  std::string folder = testing::TempDir() + "/notify-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  for (const std::string& name : {folder + "/s", "@cimvisor-test-" + std::to_string(getpid())}) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const security::UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    ASSERT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_TRUE(NotifySystemd(name, "READY=1").ok());
    EXPECT_EQ(Receive(fd.get()), "READY=1");
  }
}

TEST(SystemdNotifyTest, NobodyToTellIsFineAndNonsenseIsNot) {
  EXPECT_TRUE(NotifySystemd("", "READY=1").ok());
  EXPECT_EQ(NotifySystemd("relative", "READY=1").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(NotifySystemd("/" + std::string(200, 'x'), "READY=1").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(NotifySystemd("/nowhere/at/all", "READY=1").code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace cimvisor::daemon
