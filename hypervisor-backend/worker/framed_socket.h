// A non-blocking unix stream socket that carries frames (wire.h), on either side.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_FRAMED_SOCKET_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_FRAMED_SOCKET_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hypervisor-backend/machine/file_descriptor.h"
#include "hypervisor-backend/worker/wire.h"

namespace cimvisor::worker {

// Not thread-safe.
class FramedSocket {
 public:
  // `socket` must be non-blocking.
  explicit FramedSocket(machine::FileDescriptor socket) : socket_(std::move(socket)) {}

  int fd() const { return socket_.get(); }

  // Reads at most 64 KiB of what is there. True: perhaps there is more; false: nothing more now. kUnavailable when the
  // other side is gone.
  absl::StatusOr<bool> Receive();
  // The next whole message, see FrameReader::Next.
  absl::StatusOr<bool> Next(absl::string_view* frame) { return reader_.Next(frame); }
  // The descriptor that came last with the bytes received, if any; at most one is ever kept.
  machine::FileDescriptor TakeDescriptor() { return std::move(received_); }

  // Appends a frame to what is to be sent. With `descriptor`, which must live until it is sent, only when nothing else
  // is queued.
  absl::Status Queue(const google::protobuf::MessageLite& message, int descriptor = -1);
  // Sends what the other side takes now. kUnavailable when it is gone.
  absl::Status Flush();
  size_t queued_bytes() const { return outbox_.size() - sent_; }

 private:
  machine::FileDescriptor socket_;
  FrameReader reader_;
  machine::FileDescriptor received_;
  std::string outbox_;
  size_t sent_ = 0;
  int descriptor_ = -1;
};

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_FRAMED_SOCKET_H_
