// An object path and a datetime, from a client. What parses is written again, and what was written parses to the same;
// equal paths have equal hashes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "service/cim/datetime.h"
#include "service/cim/object_path.h"
#include "service/cim/value.h"

namespace {

namespace cim = cimvisor::cim;

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckDateTime(absl::string_view text) {
  const auto time = cim::DateTime::Parse(text);
  if (!time.ok()) return;
  const auto again = cim::DateTime::Parse(time->ToText());
  Require(again.ok() && *again == *time && again->ToText() == time->ToText());
}

void CheckCoercion(absl::string_view text) {
  const cim::Value value = cim::Value::String(std::string(text));
  for (int type = 0; type <= static_cast<int>(cim::CimType::kObject); ++type) {
    const auto coerced = value.Coerce(static_cast<cim::CimType>(type), false);
    if (coerced.ok()) Require(coerced->type() == static_cast<cim::CimType>(type) && !coerced->is_array());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  CheckDateTime(text);
  CheckCoercion(text);
  const auto path = cim::ObjectPath::Parse(text);
  if (!path.ok()) return 0;
  for (const char* host : {"", "HOST"}) {
    const auto again = cim::ObjectPath::Parse(path->FullText(host));
    Require(again.ok() || path->FullText(host).size() > 65536);
    if (!again.ok()) continue;
    Require(*again == *path && absl::HashOf(*again) == absl::HashOf(*path));
    Require(again->FullText("") == path->FullText(""));
  }
  return 0;
}
