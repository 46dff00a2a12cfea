#include "service/rpc/status_conversion.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "cimvisor/v1/types.pb.h"
#include "service/cim/errors.h"
#include "service/events/event_hub.h"
#include "service/security/conflict.h"

namespace cimvisor::rpc {
namespace {

// The length of the UTF-8 sequence at the front of `text`; 0 when there is none (RFC 3629, §4).
size_t SequenceLength(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const auto continues = [&](size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;
    if (first == 0xED && byte(1) > 0x9F) return 0;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;
    if (first == 0xF4 && byte(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

constexpr absl::string_view kEllipsis = "...";

}  // namespace

std::string CleanText(absl::string_view text, size_t limit) {
  const bool cut = text.size() > limit;
  const size_t room = cut ? limit - std::min(limit, kEllipsis.size()) : limit;
  std::string clean;
  clean.reserve(std::min(text.size(), limit));
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    const size_t step = length == 0 ? 1 : length;
    if (clean.size() + step > room) break;
    if (length == 0) {
      clean.push_back('?');
    } else {
      clean.append(text.data(), length);
    }
    text.remove_prefix(step);
  }
  if (cut) clean.append(kEllipsis.data(), std::min(limit, kEllipsis.size()));
  return clean;
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const cim::CimErrorRow& row = cim::CimErrorTable(cim::CimStatusOf(status));
  v1::ErrorDetail detail;
  detail.set_cim_status(static_cast<uint32_t>(row.status));
  detail.set_cim_status_name(row.name.data(), row.name.size());
  detail.set_wmi_code(row.wmi_code);
  detail.set_wmi_code_name(row.wmi_name.data(), row.wmi_name.size());
  detail.set_message(CleanText(status.message(), kMaximumMessageBytes));
  if (const std::optional<int64_t> oldest = events::OldestRevision(status)) detail.set_oldest_revision(*oldest);
  if (const auto conflict = security::ConflictOf(status)) detail.set_current_revision(conflict->revision);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), detail.message(), detail.SerializeAsString());
}

}  // namespace cimvisor::rpc
