// The worker protocol's grammar, over a unix stream socket between the service (S) and a worker (W).
//
//   connection = handshake *( frame )
//   frame      = length message
//   length     = 4 bytes, little endian, 1 .. kMaxFrameBytes: the bytes of the message
//   message    = ServiceMessage (S to W) | WorkerMessage (W to S), protobuf 3, see proto/cimvisor/worker/v1
//
//   handshake  = S: Hello    W: Welcome (with the counters page as descriptor) | Refused, then W closes
//   after it     S: Action | SerialInput, each with a request id          W: Result with the same id, in order
//                S: Acknowledge                                          W: -
//                W: Event, numbered; SerialOutput, by offset
//                W: Displaced, then W closes: a controller of a higher epoch has come
//
// One controller at a time; a Hello with a higher epoch, or the same one (a service that reconnects), displaces it.
// After Welcome, W sends every event after Hello.acknowledged_event that it still holds, then new ones, and each port's
// output from Hello.serial_offsets on. Anything else than this grammar ends the connection.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_WIRE_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_WIRE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace google::protobuf {
class MessageLite;
}

namespace cimvisor::worker {

inline constexpr size_t kMaxFrameBytes = 1024 * 1024;
inline constexpr uint32_t kMinimumProtocol = 1;
inline constexpr uint32_t kMaximumProtocol = 1;
inline constexpr size_t kMaxSerialChunk = 16 * 1024;  // bytes of one SerialInput or SerialOutput
inline constexpr uint32_t kMaxSerialPorts = 2;

// Appends one frame. kInvalidArgument for a message that is empty or larger than a frame; `out` is then unchanged.
absl::Status AppendFrame(const google::protobuf::MessageLite& message, std::string* out);

// Cuts a byte stream into messages. Holds at most one frame beside what one Append brings. Not thread-safe.
class FrameReader {
 public:
  void Append(absl::string_view bytes);

  // The next message's bytes: true and `*frame` (valid until the next call of this object), or false when it is not
  // complete yet. kInvalidArgument for a length out of range: the stream is then lost for good.
  absl::StatusOr<bool> Next(absl::string_view* frame);

  size_t buffered() const { return buffer_.size() - consumed_; }

 private:
  std::string buffer_;
  size_t consumed_ = 0;
};

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_WIRE_H_
