#include "hypervisor-backend/worker/framed_socket.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace cimvisor::worker {
namespace {

constexpr size_t kReadBytes = 64 * 1024;

// Room for one descriptor: the kernel closes what else was sent.
union ControlBuffer {
  char bytes[CMSG_SPACE(sizeof(int))];
  cmsghdr alignment;
};

}  // namespace

absl::StatusOr<bool> FramedSocket::Receive() {
  std::array<char, kReadBytes> bytes;
  iovec vector{bytes.data(), bytes.size()};
  ControlBuffer control{};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof(control.bytes);
  const ssize_t count = recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (count < 0) {
    if (errno == EAGAIN || errno == EINTR) return false;
    return absl::UnavailableError(std::string("the connection broke: ") + strerror(errno));
  }
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    if (header->cmsg_len != CMSG_LEN(sizeof(int))) continue;
    int fd = -1;
    memcpy(&fd, CMSG_DATA(header), sizeof(fd));
    received_ = machine::FileDescriptor(fd);
  }
  if (count == 0) return absl::UnavailableError("the other side closed the connection");
  reader_.Append(absl::string_view(bytes.data(), static_cast<size_t>(count)));
  return static_cast<size_t>(count) == bytes.size();
}

absl::Status FramedSocket::Queue(const google::protobuf::MessageLite& message, int descriptor) {
  if (sent_ == outbox_.size()) {
    outbox_.clear();
    sent_ = 0;
  }
  if (descriptor >= 0) {
    if (queued_bytes() > 0) return absl::FailedPreconditionError("a descriptor goes with the first message only");
    descriptor_ = descriptor;
  }
  return AppendFrame(message, &outbox_);
}

absl::Status FramedSocket::Flush() {
  while (queued_bytes() > 0) {
    iovec vector{outbox_.data() + sent_, queued_bytes()};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    ControlBuffer control{};
    if (descriptor_ >= 0) {
      message.msg_control = control.bytes;
      message.msg_controllen = sizeof(control.bytes);
      cmsghdr* const header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof(int));
      memcpy(CMSG_DATA(header), &descriptor_, sizeof(descriptor_));
    }
    const ssize_t count = sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0) {
      if (errno == EAGAIN || errno == EINTR) return absl::OkStatus();
      return absl::UnavailableError(std::string("the connection broke: ") + strerror(errno));
    }
    descriptor_ = -1;
    sent_ += static_cast<size_t>(count);
  }
  outbox_.clear();
  sent_ = 0;
  return absl::OkStatus();
}

}  // namespace cimvisor::worker
