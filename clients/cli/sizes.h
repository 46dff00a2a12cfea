// Sizes as people write them: "256M", "40G", "1073741824".
#ifndef CIMVISOR_CLIENTS_CLI_SIZES_H_
#define CIMVISOR_CLIENTS_CLI_SIZES_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cimvisor::cli {

// Bytes. Suffixes K, M, G, T, P are powers of 1024, with or without "B" or "iB", in either case; none: bytes.
absl::StatusOr<uint64_t> ParseSize(absl::string_view text);

// "256M", "1.5G", "17" for bytes.
std::string FormatSize(uint64_t bytes);

// "3d 4h", "5m 12s", "41s".
std::string FormatUptime(int64_t milliseconds);

}  // namespace cimvisor::cli

#endif  // CIMVISOR_CLIENTS_CLI_SIZES_H_
