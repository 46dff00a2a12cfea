// What a provider does that only enumerates.
#include "service/broker/provider.h"

#include "absl/strings/str_cat.h"
#include "service/broker/names.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"

namespace cimvisor::broker {
namespace {

absl::Status NotSupported(const cim::Class& cls, absl::string_view what) {
  return cim::CimError(cim::CimStatus::kNotSupported, absl::StrCat("instances of ", cls.name(), " cannot be ", what));
}

}  // namespace

bool Provider::HasIndex(const cim::Class&, const LookupHint&) const { return false; }

absl::StatusOr<std::shared_ptr<const cim::Instance>> Provider::Get(const ReadContext& context,
                                                                   const std::shared_ptr<const cim::Class>& cls,
                                                                   const cim::ObjectPath& path,
                                                                   const cim::PropertySet& properties) {
  EnumerateRequest request;
  request.cls = cls;
  request.properties = properties;
  for (const int slot : cls->key_slots()) {
    request.properties.Add(slot);
    const cim::Value* key = path.FindKey(cls->properties()[static_cast<size_t>(slot)].name);
    if (key != nullptr) request.hints.push_back(LookupHint{slot, *key, false});
  }
  std::shared_ptr<const cim::Instance> found;
  RETURN_IF_ERROR(Enumerate(context, request, [&](std::shared_ptr<const cim::Instance> instance) {
    if (instance->Path() == path) found = std::move(instance);
    return found == nullptr;
  }));
  if (found == nullptr) return NoSuchInstance(path);
  return found;
}

absl::Status Provider::References(const ReadContext& context, const std::shared_ptr<const cim::Class>& association,
                                  int role_slot, const cim::ObjectPath& object, InstanceSink sink) {
  EnumerateRequest request;
  request.cls = association;
  request.hints.push_back(LookupHint{role_slot, cim::Value::Reference(object), false});
  return Enumerate(context, request, [&](std::shared_ptr<const cim::Instance> instance) {
    const cim::Value& end = instance->value(role_slot);
    return end.is_null() || end.reference() != object || sink(std::move(instance));
  });
}

absl::StatusOr<MethodResult> Provider::Invoke(const ReadContext&, security::Operation&, MethodCall call) {
  return cim::CimError(cim::CimStatus::kMethodNotAvailable,
                       absl::StrCat("the method ", call.cls->name(), ".", call.method->name, " is not available"));
}

absl::StatusOr<cim::ObjectPath> Provider::Create(const ReadContext&, security::Operation&,
                                                 const cim::Instance& instance) {
  return NotSupported(instance.cls(), "created; see the methods of the management services");
}

absl::Status Provider::Modify(const ReadContext&, security::Operation&, const cim::ObjectPath&,
                              const cim::Instance& instance) {
  return NotSupported(instance.cls(), "modified; see the methods of the management services");
}

absl::Status Provider::Delete(const ReadContext&, security::Operation&, const cim::ObjectPath& path) {
  return cim::CimError(cim::CimStatus::kNotSupported,
                       absl::StrCat("instances of ", path.class_name(),
                                    " cannot be deleted; see the methods of the management services"));
}

}  // namespace cimvisor::broker
