#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/broker/access.h"
#include "service/broker/changing_call.h"
#include "service/broker/conflict_report.h"
#include "service/broker/input.h"
#include "service/broker/names.h"
#include "service/broker/outcome.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"

namespace cimvisor::broker {
namespace {

using InstancePointer = std::shared_ptr<const cim::Instance>;

// The provider of a class whose instances are to change, after the right was checked.
absl::StatusOr<Provider*> Permitted(const BrokerDependencies& dependencies, const CallContext& call,
                                    const cim::Class& cls, const char* operation, const cim::ObjectPath& path) {
  RETURN_IF_ERROR(CheckRight(dependencies, call, dependencies.right_for(cls, operation),
                             absl::StrCat(cls.name(), ".", operation), path.RelativeText()));
  Provider* provider = dependencies.providers->Find(cls);
  if (provider != nullptr) return provider;
  return cim::CimError(cim::CimStatus::kNotSupported,
                       absl::StrCat(operation, " is not supported: this service has no instances of ", cls.name()));
}

absl::StatusOr<InstancePointer> ReadInput(const BrokerDependencies& dependencies, absl::string_view name_space,
                                          const InstanceInput& input) {
  const InputReader reader(*dependencies.classes, name_space);
  if (input.text.empty()) return reader.MakeInstance(input.class_name, input.properties);
  if (input.class_name.empty() && input.properties.empty()) return reader.ParseText(input.text);
  return cim::CimError(cim::CimStatus::kInvalidParameter,
                       "an instance is given either by its properties or as text, not both");
}

std::string BytesOf(const InstancePointer& instance) {
  std::string bytes;
  AppendValue(cim::Value::Object(instance), &bytes);
  return bytes;
}

// Carries out `change` unless the request id was used before, or plans it. `change` returns the path.
template <typename Function>
absl::StatusOr<ChangeResult> Carry(const BrokerDependencies& dependencies, const CallContext& call,
                                   security::Operation operation, const cim::ObjectPath& object,
                                   const Function& change) {
  ChangeResult result;
  security::RequestLog::Admission admission;
  if (call.mode == Mode::kPlan) {
    result.plan.emplace();
    operation.plan = &*result.plan;
  } else {
    ASSIGN_OR_RETURN(admission, dependencies.request_log->Admit(operation));
  }
  if (admission.earlier_outcome.has_value()) {
    ASSIGN_OR_RETURN(result.path, DeserializePathOutcome(*admission.earlier_outcome));
    result.replayed = true;
  } else {
    absl::StatusOr<cim::ObjectPath> path = change(operation);
    if (!path.ok()) return ReportConflict(dependencies, call.caller, object.name_space(), path.status());
    result.path = *std::move(path);
  }
  if (result.plan.has_value()) {
    RETURN_IF_ERROR(CheckPlanned(*result.plan, absl::StrCat(object.class_name(), ".", operation.name)));
  }
  result.revision = dependencies.read_points->Current()->revision();
  return result;
}

}  // namespace

absl::StatusOr<ChangeResult> RunCreate(const BrokerDependencies& dependencies, const CallContext& call,
                                       const InstanceInput& input) {
  RETURN_IF_ERROR(CheckChangingCall(dependencies, call));
  ASSIGN_OR_RETURN(const std::string name_space, ResolveNamespace(*dependencies.classes, call.name_space));
  ASSIGN_OR_RETURN(const InstancePointer instance, ReadInput(dependencies, name_space, input));
  const cim::ObjectPath class_path(name_space, instance->cls().name());
  ASSIGN_OR_RETURN(Provider * provider, Permitted(dependencies, call, instance->cls(), "CreateInstance", class_path));
  return Carry(dependencies, call, MakeOperation(call, "CreateInstance", class_path, BytesOf(instance)), class_path,
               [&](security::Operation& operation) {
                 return provider->Create(MakeReadContext(dependencies, call), operation, *instance);
               });
}

absl::StatusOr<ChangeResult> RunModify(const BrokerDependencies& dependencies, const CallContext& call,
                                       const InstanceInput& input) {
  RETURN_IF_ERROR(CheckChangingCall(dependencies, call));
  ASSIGN_OR_RETURN(std::string name_space, ResolveNamespace(*dependencies.classes, call.name_space));
  ResolvedPath object;
  if (!input.path.empty()) {
    ASSIGN_OR_RETURN(object, ResolvePath(*dependencies.classes, name_space, input.path));
    name_space = object.path.name_space();
  }
  ASSIGN_OR_RETURN(const InstancePointer instance, ReadInput(dependencies, name_space, input));
  if (input.path.empty()) {
    object.cls = instance->shared_class();
    object.path = instance->Path();
  }
  if (object.cls != instance->shared_class()) {
    return cim::CimError(
        cim::CimStatus::kInvalidParameter,
        absl::StrCat("the path is that of a ", object.cls->name(), " and the instance is a ", instance->cls().name()));
  }
  ASSIGN_OR_RETURN(Provider * provider, Permitted(dependencies, call, *object.cls, "ModifyInstance", object.path));
  security::Operation modification = MakeOperation(call, "ModifyInstance", object.path, BytesOf(instance));
  modification.outcome = SerializePathOutcome(object.path);
  return Carry(
      dependencies, call, std::move(modification), object.path,
      [&](security::Operation& operation) -> absl::StatusOr<cim::ObjectPath> {
        RETURN_IF_ERROR(provider->Modify(MakeReadContext(dependencies, call), operation, object.path, *instance));
        return object.path;
      });
}

absl::StatusOr<ChangeResult> RunDelete(const BrokerDependencies& dependencies, const CallContext& call,
                                       absl::string_view path) {
  RETURN_IF_ERROR(CheckChangingCall(dependencies, call));
  ASSIGN_OR_RETURN(const std::string name_space, ResolveNamespace(*dependencies.classes, call.name_space));
  ASSIGN_OR_RETURN(const ResolvedPath object, ResolvePath(*dependencies.classes, name_space, path));
  ASSIGN_OR_RETURN(Provider * provider, Permitted(dependencies, call, *object.cls, "DeleteInstance", object.path));
  if (object.path.is_class()) {
    return cim::CimError(cim::CimStatus::kNotSupported,
                         absl::StrCat("'", path.substr(0, 200), "' is a class; only instances can be deleted"));
  }
  security::Operation deletion = MakeOperation(call, "DeleteInstance", object.path, "");
  deletion.outcome = SerializePathOutcome(object.path);
  return Carry(dependencies, call, std::move(deletion), object.path,
               [&](security::Operation& operation) -> absl::StatusOr<cim::ObjectPath> {
                 RETURN_IF_ERROR(provider->Delete(MakeReadContext(dependencies, call), operation, object.path));
                 return object.path;
               });
}

}  // namespace cimvisor::broker
