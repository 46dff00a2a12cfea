#include "hypervisor-backend/worker/wire.h"

#include <google/protobuf/message_lite.h>

#include <array>

#include "absl/strings/str_cat.h"

namespace cimvisor::worker {
namespace {

constexpr size_t kLengthBytes = 4;

uint32_t ReadLength(absl::string_view bytes) {
  uint32_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    length |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return length;
}

}  // namespace

absl::Status AppendFrame(const google::protobuf::MessageLite& message, std::string* out) {
  const size_t size = message.ByteSizeLong();
  if (size == 0 || size > kMaxFrameBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a message of ", size, " bytes does not fit a frame of 1 to ", kMaxFrameBytes));
  }
  for (size_t i = 0; i < kLengthBytes; ++i) out->push_back(static_cast<char>(size >> (8 * i)));
  message.AppendToString(out);
  return absl::OkStatus();
}

void FrameReader::Append(absl::string_view bytes) {
  if (consumed_ > 0) {
    buffer_.erase(0, consumed_);
    consumed_ = 0;
  }
  buffer_.append(bytes.data(), bytes.size());
}

absl::StatusOr<bool> FrameReader::Next(absl::string_view* frame) {
  const absl::string_view rest = absl::string_view(buffer_).substr(consumed_);
  if (rest.size() < kLengthBytes) return false;
  const uint32_t length = ReadLength(rest);
  if (length == 0 || length > kMaxFrameBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a frame of ", length, " bytes is outside of 1 to ", kMaxFrameBytes));
  }
  if (rest.size() - kLengthBytes < length) return false;
  *frame = rest.substr(kLengthBytes, length);
  consumed_ += kLengthBytes + length;
  return true;
}

}  // namespace cimvisor::worker
