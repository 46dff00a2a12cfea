#include <utility>

#include "absl/strings/str_cat.h"
#include "service/broker/access.h"
#include "service/broker/changing_call.h"
#include "service/broker/input.h"
#include "service/broker/names.h"
#include "service/broker/outcome.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"

namespace cimvisor::broker {
namespace {

absl::Status CheckObject(const cim::Class& cls, const cim::Method& method, const cim::ObjectPath& path) {
  if (!path.is_class() || method.is_static) return absl::OkStatus();
  return cim::CimError(cim::CimStatus::kInvalidParameter,
                       absl::StrCat(cls.name(), ".", method.name, " is called on an instance, and the path ",
                                    path.RelativeText(), " is that of the class"));
}

absl::Status RequireInstance(Provider& provider, const ReadContext& context, const ResolvedPath& object) {
  if (object.path.is_class()) return absl::OkStatus();
  return provider.Get(context, object.cls, object.path, cim::PropertySet::Of(object.cls->key_slots())).status();
}

// A provider may leave out parameters at the end, and gives null for what is only input.
void Complete(const cim::Method& method, MethodResult* result) {
  for (size_t i = result->out_parameters.size(); i < method.parameters.size(); ++i)
    result->out_parameters.push_back(cim::Value::Null(method.parameters[i].type, method.parameters[i].is_array));
}

std::string BytesOf(const std::vector<cim::Value>& parameters) {
  std::string bytes;
  for (const cim::Value& value : parameters) AppendValue(value, &bytes);
  return bytes;
}

}  // namespace

absl::StatusOr<InvokeResult> RunInvoke(const BrokerDependencies& dependencies, const CallContext& call,
                                       const InvokeRequest& request) {
  RETURN_IF_ERROR(CheckChangingCall(call, "InvokeMethod"));
  ASSIGN_OR_RETURN(const std::string name_space, ResolveNamespace(*dependencies.classes, call.name_space));
  ASSIGN_OR_RETURN(const ResolvedPath object, ResolvePath(*dependencies.classes, name_space, request.path));
  const cim::Class& cls = *object.cls;
  InvokeResult result;
  result.cls = object.cls;
  result.method = cls.FindMethod(request.method);
  if (result.method == nullptr) {
    return cim::CimError(cim::CimStatus::kMethodNotFound,
                         absl::StrCat(cls.name(), " has no method '", request.method.substr(0, 200), "'"));
  }
  const cim::Method& method = *result.method;
  const std::string name = absl::StrCat(cls.name(), ".", method.name);
  RETURN_IF_ERROR(
      CheckRight(dependencies, call, dependencies.right_for(cls, method.name), name, object.path.RelativeText()));
  RETURN_IF_ERROR(CheckObject(cls, method, object.path));
  Provider* provider = dependencies.providers->Find(cls);
  if (provider == nullptr) {
    return cim::CimError(cim::CimStatus::kMethodNotAvailable,
                         absl::StrCat(name, " is not available: this service has no instances of ", cls.name()));
  }
  const InputReader input(*dependencies.classes, object.path.name_space());
  ASSIGN_OR_RETURN(std::vector<cim::Value> parameters, input.Parameters(cls, method, request.parameters));

  security::Operation operation = MakeOperation(call, name, object.path, BytesOf(parameters));
  operation.detail = Describe(method, parameters);
  ASSIGN_OR_RETURN(const security::RequestLog::Admission admission, dependencies.request_log->Admit(operation));
  if (admission.earlier_outcome.has_value()) {
    ASSIGN_OR_RETURN(result.result, DeserializeOutcome(method, *admission.earlier_outcome, *dependencies.classes));
    result.replayed = true;
  } else {
    // After the request id: the repeat of a call that ended the object still has its outcome.
    const ReadContext context = MakeReadContext(dependencies, call);
    RETURN_IF_ERROR(RequireInstance(*provider, context, object));
    MethodCall method_call{object.cls, &method, object.path, std::move(parameters)};
    ASSIGN_OR_RETURN(result.result, provider->Invoke(context, operation, std::move(method_call)));
    Complete(method, &result.result);
  }
  result.revision = dependencies.read_points->Current()->revision();
  return result;
}

}  // namespace cimvisor::broker
