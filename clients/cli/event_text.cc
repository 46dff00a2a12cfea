#include "clients/cli/event_text.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/output.h"
#include "clients/cpp/values.h"

namespace cimvisor::cli {
namespace {

using client::Instance;

std::string Verb(const std::string& event_class) {
  if (absl::StrContains(event_class, "Creation")) return "created";
  if (absl::StrContains(event_class, "Deletion")) return "deleted";
  if (absl::StrContains(event_class, "Modification")) return "modified";
  return event_class;
}

std::string NameOf(const Instance& instance) {
  for (const char* property : {"ElementName", "Caption", "InstanceID", "Name"}) {
    const std::string text = client::Text(instance, property);
    if (!text.empty()) return text;
  }
  return instance.path();
}

std::string Differences(const Instance& before, const Instance& after) {
  std::vector<std::string> parts;
  for (const auto& property : after.properties()) {
    const client::Value* old_value = client::Find(before, property.name());
    const std::string from = old_value == nullptr ? "" : client::ToText(*old_value);
    const std::string to = client::ToText(property.value());
    if (from != to) parts.push_back(absl::StrCat(property.name(), " ", from.empty() ? "(null)" : from, " -> ", to));
  }
  return absl::StrJoin(parts, ", ");
}

}  // namespace

std::string EventText(const cimvisor::v1::Event& event) {
  const Instance& instance = event.event();
  const client::Value* target = client::Find(instance, "TargetInstance");
  if (target == nullptr || !target->has_object()) {
    return Printable(absl::StrCat(event.revision(), " ", client::ToText(client::ObjectValue(instance))));
  }
  std::string text = absl::StrCat(event.revision(), " ", Verb(instance.class_name()), " ",
                                  target->object().class_name(), " ", NameOf(target->object()));
  const client::Value* previous = client::Find(instance, "PreviousInstance");
  if (previous != nullptr && previous->has_object()) {
    absl::StrAppend(&text, ": ", Differences(previous->object(), target->object()));
  }
  return Printable(text);
}

}  // namespace cimvisor::cli
