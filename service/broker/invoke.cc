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

struct Call {
  const BrokerDependencies& dependencies;
  const CallContext& context;
  const ResolvedPath& object;
  Provider& provider;
};

// What the provider says, complete. `parameters` is taken over.
absl::StatusOr<MethodResult> CallProvider(const Call& call, const cim::Method& method, security::Operation& operation,
                                          std::vector<cim::Value> parameters) {
  const ReadContext context = MakeReadContext(call.dependencies, call.context);
  RETURN_IF_ERROR(RequireInstance(call.provider, context, call.object));
  absl::StatusOr<MethodResult> result = call.provider.Invoke(
      context, operation, MethodCall{call.object.cls, &method, call.object.path, std::move(parameters)});
  if (!result.ok()) {
    return ReportConflict(call.dependencies, call.context.caller, call.object.path.name_space(), result.status());
  }
  Complete(method, &*result);
  return result;
}

constexpr uint32_t kJobStarted = 4096;

// A dry run. What succeeds has no outcome: no out parameters, and 0 in place of 4096, for there is no job to wait for.
absl::Status Plan(const Call& call, bool only_reads, security::Operation& operation, std::vector<cim::Value> parameters,
                  InvokeResult* result) {
  result->plan.emplace();
  operation.plan = &*result->plan;
  ASSIGN_OR_RETURN(result->result, CallProvider(call, *result->method, operation, std::move(parameters)));
  if (result->result.return_value != 0 && result->result.return_value != kJobStarted) return absl::OkStatus();
  if (only_reads) {
    result->plan->steps = {absl::StrCat(operation.name, " only reads: nothing would be changed")};
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(CheckPlanned(*result->plan, operation.name));
  result->result = MethodResult();
  Complete(*result->method, &result->result);
  return absl::OkStatus();
}

absl::Status CheckExpectation(const CallContext& call, bool only_reads, absl::string_view name) {
  if (!only_reads || call.expected_revision == 0) return absl::OkStatus();
  return cim::CimError(cim::CimStatus::kNotSupported,
                       absl::StrCat("an expected revision is not supported for ", name, ", which changes nothing"));
}

}  // namespace

absl::StatusOr<InvokeResult> RunInvoke(const BrokerDependencies& dependencies, const CallContext& call,
                                       const InvokeRequest& request) {
  RETURN_IF_ERROR(CheckChangingCall(dependencies, call));
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
  const security::Right right = dependencies.right_for(cls, method.name);
  const bool only_reads = right == security::Right::kRead;
  RETURN_IF_ERROR(CheckRight(dependencies, call, right, name, object.path.RelativeText()));
  RETURN_IF_ERROR(CheckObject(cls, method, object.path));
  Provider* provider = dependencies.providers->Find(cls);
  if (provider == nullptr) {
    return cim::CimError(cim::CimStatus::kMethodNotAvailable,
                         absl::StrCat(name, " is not available: this service has no instances of ", cls.name()));
  }
  RETURN_IF_ERROR(CheckExpectation(call, only_reads, name));
  const InputReader input(*dependencies.classes, object.path.name_space());
  ASSIGN_OR_RETURN(std::vector<cim::Value> parameters, input.Parameters(cls, method, request.parameters));

  security::Operation operation = MakeOperation(call, name, object.path, BytesOf(parameters));
  operation.detail = Describe(method, parameters);
  const Call provider_call{dependencies, call, object, *provider};
  if (call.mode == Mode::kPlan) {
    RETURN_IF_ERROR(Plan(provider_call, only_reads, operation, std::move(parameters), &result));
  } else {
    ASSIGN_OR_RETURN(const security::RequestLog::Admission admission, dependencies.request_log->Admit(operation));
    if (admission.earlier_outcome.has_value()) {
      ASSIGN_OR_RETURN(result.result, DeserializeOutcome(method, *admission.earlier_outcome, *dependencies.classes));
      result.replayed = true;
    } else {
      // After the request id: the repeat of a call that ended the object still has its outcome.
      ASSIGN_OR_RETURN(result.result, CallProvider(provider_call, method, operation, std::move(parameters)));
    }
  }
  result.revision = dependencies.read_points->Current()->revision();
  return result;
}

}  // namespace cimvisor::broker
