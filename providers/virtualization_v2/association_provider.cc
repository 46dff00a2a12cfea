#include "providers/virtualization_v2/association_provider.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "service/cim/errors.h"

namespace cimvisor::views {
namespace {

// The path that a value holds, as a reference or as text; nothing for anything else.
std::optional<cim::ObjectPath> PathIn(const cim::Value& value) {
  if (value.is_null() || value.is_array()) return std::nullopt;
  if (value.type() == cim::CimType::kReference) return value.reference();
  if (value.type() != cim::CimType::kString) return std::nullopt;
  absl::StatusOr<cim::ObjectPath> path = cim::ObjectPath::Parse(value.string());
  if (!path.ok()) return std::nullopt;
  return *std::move(path);
}

// The path with the namespace of the association where it has none of its own.
cim::ObjectPath InNamespace(const cim::ObjectPath& path, const cim::Class& association) {
  return path.name_space().empty() ? path.WithNamespace(association.name_space()) : path;
}

std::optional<cim::ObjectPath> EndOf(const cim::ObjectPath& path, const cim::Class& association, int slot) {
  const cim::Value* value = path.FindKey(association.properties()[static_cast<size_t>(slot)].name);
  std::optional<cim::ObjectPath> end = value == nullptr ? std::nullopt : PathIn(*value);
  if (end.has_value()) end = InNamespace(*end, association);
  return end;
}

}  // namespace

void AssociationProvider::From(const ViewReadPoint& read_point, int slot, const cim::ObjectPath& object,
                               broker::InstanceSink sink) const {
  if (slot == first_slot_) {
    FromFirst(read_point, object, sink);
  } else if (slot == second_slot_) {
    FromSecond(read_point, object, sink);
  }
}

absl::Status AssociationProvider::Enumerate(const broker::ReadContext& context, const broker::EnumerateRequest& request,
                                            broker::InstanceSink sink) {
  const ViewReadPoint& read_point = ReadPointOf(context);
  for (const broker::LookupHint& hint : request.hints) {
    if (!HasIndex(*request.cls, hint)) continue;
    const std::optional<cim::ObjectPath> object = PathIn(hint.value);
    if (!object.has_value()) continue;
    From(read_point, hint.slot, InNamespace(*object, *request.cls), sink);
    return absl::OkStatus();
  }
  All(read_point, sink);
  return absl::OkStatus();
}

bool AssociationProvider::HasIndex(const cim::Class&, const broker::LookupHint& hint) const {
  return !hint.is_prefix && (hint.slot == first_slot_ || hint.slot == second_slot_) && !hint.value.is_null() &&
         hint.value.type() == cim::CimType::kReference;
}

absl::StatusOr<InstancePointer> AssociationProvider::Get(const broker::ReadContext& context, const ClassPointer& cls,
                                                         const cim::ObjectPath& path, const cim::PropertySet&) {
  const std::optional<cim::ObjectPath> first = EndOf(path, *cls, first_slot_);
  const std::optional<cim::ObjectPath> second = EndOf(path, *cls, second_slot_);
  InstancePointer found;
  if (first.has_value() && second.has_value()) {
    FromFirst(ReadPointOf(context), *first, [&](InstancePointer instance) {
      if (instance->value(second_slot_).reference() == *second) found = std::move(instance);
      return found == nullptr;
    });
  }
  if (found != nullptr) return found;
  return cim::CimError(cim::CimStatus::kNotFound, absl::StrCat("there is no ", cls->name(), " ", path.RelativeText(),
                                                               ": its ends are not associated, or not there"));
}

absl::Status AssociationProvider::References(const broker::ReadContext& context, const ClassPointer& association,
                                             int role_slot, const cim::ObjectPath& object, broker::InstanceSink sink) {
  From(ReadPointOf(context), role_slot, InNamespace(object, *association), sink);
  return absl::OkStatus();
}

}  // namespace cimvisor::views
