#include "service/rpc/listening_socket.h"

#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "service/cim/status_macros.h"

namespace cimvisor::rpc {
namespace {

constexpr int kBacklog = 512;

absl::Status Failed(absl::string_view what, absl::string_view address) {
  const int error = errno;
  const std::string message = absl::StrCat("cannot ", what, " ", address, ": ", std::strerror(error));
  if (error == EACCES || error == EPERM) return absl::PermissionDeniedError(message);
  if (error == EADDRINUSE) return absl::AlreadyExistsError(message);
  return absl::UnavailableError(message);
}

// The folder of a socket, and a name for it that fits into a sockaddr_un while the folder is open.
struct SocketPlace {
  security::UniqueFd folder;
  std::string file_name;
  sockaddr_un address{};
};

absl::StatusOr<SocketPlace> FindPlace(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  SocketPlace place;
  place.file_name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (place.file_name.empty()) return absl::InvalidArgumentError(absl::StrCat("unix:", path, " names no file"));
  place.folder.Reset(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!place.folder.valid()) return Failed("open the folder of", path);
  const std::string name = absl::StrCat("/proc/self/fd/", place.folder.get(), "/", place.file_name);
  if (name.size() >= sizeof(place.address.sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat("the file name of unix:", path, " is too long; at most 80 bytes"));
  }
  place.address.sun_family = AF_UNIX;
  name.copy(place.address.sun_path, name.size());
  return place;
}

bool SomebodyServes(const sockaddr_un& address) {
  const security::UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe.valid()) return false;
  if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return true;
  return errno == EAGAIN;  // its queue is full
}

// Clears the way for bind.
absl::Status RemoveStale(const SocketPlace& place, const std::string& path) {
  struct stat existing;
  if (fstatat(place.folder.get(), place.file_name.c_str(), &existing, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? absl::OkStatus() : Failed("look at", path);
  }
  if (!S_ISSOCK(existing.st_mode)) {
    return absl::AlreadyExistsError(absl::StrCat(path, " is there and is no socket; remove it or listen elsewhere"));
  }
  if (SomebodyServes(place.address)) {
    return absl::AlreadyExistsError(absl::StrCat("another service listens on ", path, "; end it or listen elsewhere"));
  }
  if (unlinkat(place.folder.get(), place.file_name.c_str(), 0) != 0 && errno != ENOENT) return Failed("remove", path);
  return absl::OkStatus();
}

std::optional<gid_t> FindGroup(const std::string& name) {
  if (name.empty()) return std::nullopt;
  std::vector<char> buffer(16384);
  group entry;
  group* found = nullptr;
  if (getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return std::nullopt;
  }
  return found->gr_gid;
}

}  // namespace

absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text) {
  ListenAddress address;
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "unix:")) {
    if (rest.empty()) return absl::InvalidArgumentError("--listen unix: names no path");
    address.unix_path = std::string(rest);
    return address;
  }
  const size_t colon = rest.rfind(':');
  uint32_t port = 0;
  if (colon == absl::string_view::npos || colon == 0 || !absl::SimpleAtoi(rest.substr(colon + 1), &port) ||
      port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is no address to listen on: give unix:PATH or HOST:PORT"));
  }
  absl::string_view host = rest.substr(0, colon);
  if (absl::ConsumePrefix(&host, "[") != absl::ConsumeSuffix(&host, "]") || host.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is no address to listen on: write [ADDRESS]:PORT"));
  }
  address.host = std::string(host);
  address.port = static_cast<uint16_t>(port);
  return address;
}

absl::StatusOr<security::UniqueFd> ListenUnix(const std::string& path, const UnixSocketOptions& options) {
  ASSIGN_OR_RETURN(const SocketPlace place, FindPlace(path));
  RETURN_IF_ERROR(RemoveStale(place, path));
  security::UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return Failed("make a socket for", path);
  // The file takes its mode from the descriptor at bind (unix(7)), so that nobody can connect before it is set.
  if (fchmod(fd.get(), 0600) != 0) return Failed("set the mode of", path);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&place.address), sizeof(place.address)) != 0) {
    return Failed("listen on", path);
  }
  const std::optional<gid_t> group_id = FindGroup(options.group);
  if (group_id.has_value() && fchownat(place.folder.get(), place.file_name.c_str(), static_cast<uid_t>(-1), *group_id,
                                       AT_SYMLINK_NOFOLLOW) != 0) {
    return Failed(absl::StrCat("give to the group ", options.group), path);
  }
  if (fchmodat(place.folder.get(), place.file_name.c_str(), options.mode, 0) != 0) {
    return Failed("set the mode of", path);
  }
  if (listen(fd.get(), kBacklog) != 0) return Failed("listen on", path);
  return fd;
}

void RemoveUnixSocket(const std::string& path) {
  struct stat existing;
  if (lstat(path.c_str(), &existing) == 0 && S_ISSOCK(existing.st_mode)) unlink(path.c_str());
}

absl::StatusOr<security::UniqueFd> ListenTcp(const ListenAddress& address) {
  const std::string port = absl::StrCat(address.port);
  const std::string text = absl::StrCat(address.host, ":", port);
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  if (address.host == "*") wanted.ai_family = AF_INET6;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(address.host == "*" ? nullptr : address.host.c_str(), port.c_str(), &wanted, &list);
  if (error != 0) {
    return absl::UnavailableError(absl::StrCat("cannot find the address ", text, ": ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, freeaddrinfo);
  security::UniqueFd fd(socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return Failed("make a socket for", text);
  const int on = 1;
  const int off = 0;
  if (setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0) return Failed("prepare", text);
  if (list->ai_family == AF_INET6 && address.host == "*" &&
      setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0) {
    return Failed("prepare", text);
  }
  if (bind(fd.get(), list->ai_addr, list->ai_addrlen) != 0 || listen(fd.get(), kBacklog) != 0) {
    return Failed("listen on", text);
  }
  return fd;
}

absl::StatusOr<uint16_t> LocalPort(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return Failed("look at", "a socket");
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return absl::InvalidArgumentError("the socket is no TCP socket");
}

absl::StatusOr<PeerCredentials> ReadPeerCredentials(int fd) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  sockaddr_storage address{};
  socklen_t address_size = sizeof(address);
  // Other sockets answer SO_PEERCRED too, with nobody's ids.
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &address_size) != 0 || address.ss_family != AF_UNIX) {
    return absl::InvalidArgumentError("the connection is no unix socket");
  }
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 || size != sizeof(credentials)) {
    return Failed("read the peer of", "a unix socket");
  }
  return PeerCredentials{credentials.pid, credentials.uid, credentials.gid};
}

}  // namespace cimvisor::rpc
