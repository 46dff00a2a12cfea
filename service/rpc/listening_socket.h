// Sockets that the front end accepts connections on.
#ifndef CIMVISOR_SERVICE_RPC_LISTENING_SOCKET_H_
#define CIMVISOR_SERVICE_RPC_LISTENING_SOCKET_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/security/unique_fd.h"

namespace cimvisor::rpc {

// "unix:PATH" or "HOST:PORT" ("[::1]:5988", "*:5988" for every address; port 0: any).
struct ListenAddress {
  std::string unix_path;  // set for a unix socket
  std::string host;
  uint16_t port = 0;
  bool is_unix() const { return !unix_path.empty(); }
};
absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text);

struct UnixSocketOptions {
  mode_t mode = 0660;
  std::string group;  // empty, or one that the host does not have: the group stays that of the process
};

// Binds and listens. The path may be longer than a socket's name may be (108 bytes, unix(7)): it is bound through a
// descriptor of its folder. A socket that nobody serves any more is replaced; kAlreadyExists when somebody does, or
// when there is another kind of file. Close-on-exec, non-blocking.
absl::StatusOr<security::UniqueFd> ListenUnix(const std::string& path, const UnixSocketOptions& options);

// Removes the socket's file, if `path` is a socket. For the end of the service.
void RemoveUnixSocket(const std::string& path);

// kUnavailable when the address cannot be had. Close-on-exec, non-blocking.
absl::StatusOr<security::UniqueFd> ListenTcp(const ListenAddress& address);

// The port that a TCP socket listens on.
absl::StatusOr<uint16_t> LocalPort(int fd);

// Who connected to a unix socket: SO_PEERCRED, fixed by the kernel at connect(2).
struct PeerCredentials {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
};
absl::StatusOr<PeerCredentials> ReadPeerCredentials(int fd);

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_LISTENING_SOCKET_H_
