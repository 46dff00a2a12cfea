#include "service/broker/names.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/broker/call.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"

namespace cimvisor::broker {
namespace {

absl::Status BadPath(const cim::ObjectPath& path, absl::string_view why) {
  return cim::CimError(cim::CimStatus::kInvalidParameter,
                       absl::StrCat("the path ", path.RelativeText().substr(0, 300), " ", why));
}

}  // namespace

absl::StatusOr<std::string> ResolveNamespace(const cim::ClassRepository& classes, absl::string_view name_space) {
  std::string canonical = cim::NormalizeNamespace(name_space.empty() ? kDefaultNamespace : name_space);
  if (!classes.HasNamespace(canonical)) {
    return cim::CimError(cim::CimStatus::kInvalidNamespace,
                         absl::StrCat("there is no namespace '", canonical.substr(0, 200), "'"));
  }
  return canonical;
}

absl::StatusOr<ResolvedPath> ResolvePath(const cim::ClassRepository& classes, absl::string_view name_space,
                                         absl::string_view text) {
  absl::StatusOr<cim::ObjectPath> parsed = cim::ObjectPath::Parse(text);
  if (!parsed.ok()) {
    return cim::CimError(cim::CimStatus::kInvalidParameter,
                         absl::StrCat("'", text.substr(0, 200), "' is no object path: ", parsed.status().message()));
  }
  return ResolvePath(classes, name_space, *parsed);
}

absl::StatusOr<ResolvedPath> ResolvePath(const cim::ClassRepository& classes, absl::string_view name_space,
                                         const cim::ObjectPath& path) {
  ResolvedPath resolved;
  ASSIGN_OR_RETURN(std::string canonical,
                   ResolveNamespace(classes, path.name_space().empty() ? name_space : path.name_space()));
  ASSIGN_OR_RETURN(resolved.cls, classes.Find(canonical, path.class_name()));
  const cim::Class& cls = *resolved.cls;
  if (path.is_class()) {
    resolved.path = cim::ObjectPath(std::move(canonical), cls.name());
    return resolved;
  }
  if (path.is_singleton()) return BadPath(path, absl::StrCat("has no keys, and ", cls.name(), " is no singleton"));

  std::vector<cim::ObjectPath::Key> keys;
  const bool unnamed = path.keys().size() == 1 && path.keys().front().first.empty();
  if (unnamed && cls.key_slots().size() != 1)
    return BadPath(path, absl::StrCat("names no key, and ", cls.name(), " has ", cls.key_slots().size()));
  for (const int slot : cls.key_slots()) {
    const cim::Property& property = cls.properties()[static_cast<size_t>(slot)];
    const cim::Value* value = unnamed ? &path.keys().front().second : path.FindKey(property.name);
    if (value == nullptr) return BadPath(path, absl::StrCat("lacks the key ", property.name, " of ", cls.name()));
    absl::StatusOr<cim::Value> coerced = value->Coerce(property.type, false);
    if (!coerced.ok())
      return BadPath(path, absl::StrCat("is wrong in ", property.name, ": ", coerced.status().message()));
    if (coerced->type() == cim::CimType::kReference && !coerced->is_null() && coerced->reference().name_space().empty())
      coerced = cim::Value::Reference(coerced->reference().WithNamespace(canonical));
    keys.emplace_back(property.name, *std::move(coerced));
  }
  for (const cim::ObjectPath::Key& key : path.keys()) {
    const int slot = unnamed ? cls.key_slots().front() : cls.FindProperty(key.first);
    if (slot < 0 || !cls.properties()[static_cast<size_t>(slot)].is_key)
      return BadPath(path, absl::StrCat("names '", key.first, "', which is no key of ", cls.name()));
  }
  if (keys.size() != path.keys().size()) return BadPath(path, "names a key twice");
  resolved.path = cim::ObjectPath(std::move(canonical), cls.name(), std::move(keys));
  return resolved;
}

absl::Status NoSuchInstance(const cim::ObjectPath& path) {
  return cim::CimError(
      cim::CimStatus::kNotFound,
      absl::StrCat("there is no object ", path.RelativeText().substr(0, 500), " in ", path.name_space()));
}

}  // namespace cimvisor::broker
