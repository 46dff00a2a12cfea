#include "providers/inventory/device_ids.h"

#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace cimvisor::inventory {
namespace {

constexpr absl::string_view kPrefix = "Microsoft:";
constexpr size_t kGuidLength = 36;

struct DeviceRow {
  DeviceKind kind;
  int number;
  absl::string_view tail;
};

constexpr std::array<DeviceRow, 5> kDevices = {{
    {DeviceKind::kMemory, 0, "4764334D-E001-4176-82EE-5594EC9B530E"},
    {DeviceKind::kProcessor, 0, "B637F346-6A0E-4DEC-AF52-BD70CB80A21D\\0"},
    {DeviceKind::kSerialPort, 0, "8E3A359F-559A-4B6A-98A9-1690A6100ED7\\0"},
    {DeviceKind::kSerialPort, 1, "8E3A359F-559A-4B6A-98A9-1690A6100ED7\\1"},
    {DeviceKind::kLinuxKernel, 0, "5B0C3B54-8E2B-4B0F-9C1D-6D3D2F0A7C11\\0"},
}};

absl::string_view TailOf(DeviceKind kind, int number) {
  for (const DeviceRow& row : kDevices) {
    if (row.kind == kind && row.number == number) return row.tail;
  }
  return "";
}

}  // namespace

bool IsGuid(absl::string_view text) {
  if (text.size() != kGuidLength) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !absl::ascii_isxdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return true;
}

std::string SettingsInstanceId(absl::string_view machine_id, DeviceKind kind, int number) {
  if (kind == DeviceKind::kSystem) return absl::StrCat(kPrefix, machine_id);
  return absl::StrCat(kPrefix, machine_id, "\\", TailOf(kind, number));
}

std::string DeviceInstanceId(DeviceKind kind, int number) { return absl::StrCat(kPrefix, TailOf(kind, number)); }

std::optional<DeviceId> ParseSettingsInstanceId(absl::string_view text) {
  if (!absl::StartsWithIgnoreCase(text, kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  const absl::string_view guid = text.substr(0, kGuidLength);
  if (!IsGuid(guid)) return std::nullopt;
  DeviceId id;
  id.machine_id = absl::AsciiStrToUpper(guid);
  text.remove_prefix(kGuidLength);
  if (text.empty()) return id;
  if (!absl::ConsumePrefix(&text, "\\")) return std::nullopt;
  for (const DeviceRow& row : kDevices) {
    if (absl::EqualsIgnoreCase(row.tail, text)) {
      id.kind = row.kind;
      id.number = row.number;
      return id;
    }
  }
  return std::nullopt;
}

}  // namespace cimvisor::inventory
