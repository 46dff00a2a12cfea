// The calls on objects: the broker does the work, this translates.
#include <memory>
#include <utility>
#include <vector>

#include "service/cim/errors.h"
#include "service/cim/status_macros.h"
#include "service/rpc/calls.h"
#include "service/rpc/class_conversion.h"
#include "service/rpc/value_conversion.h"

namespace cimvisor::rpc {
namespace {

absl::StatusOr<std::vector<broker::NamedValue>> ReadNamedValues(
    const Call& call, const google::protobuf::RepeatedPtrField<v1::Property>& properties) {
  const broker::Broker& broker = *call.environment.broker;
  return ReadProperties(properties, [&](absl::string_view name_space, absl::string_view class_name,
                                        const std::vector<broker::NamedValue>& values) {
    if (name_space.empty()) name_space = call.context.name_space;
    return broker.MakeInstance(name_space.empty() ? broker::kDefaultNamespace : name_space, class_name, values);
  });
}

absl::StatusOr<broker::InstanceInput> ReadInput(const Call& call, const v1::Instance& instance,
                                                const std::string& text) {
  const bool has_instance = !instance.class_name().empty() || instance.properties_size() > 0;
  if (has_instance == !text.empty()) {
    return absl::InvalidArgumentError("give the instance either as `instance`, with its class_name, or as `text`");
  }
  broker::InstanceInput input;
  input.path = instance.path();
  input.class_name = instance.class_name();
  input.text = text;
  ASSIGN_OR_RETURN(input.properties, ReadNamedValues(call, instance.properties()));
  return input;
}

// A namespace that the instance itself names counts more than the header's.
broker::CallContext InNamespaceOf(const broker::CallContext& context, const v1::Instance& instance) {
  broker::CallContext result = context;
  if (!instance.name_space().empty()) result.name_space = instance.name_space();
  return result;
}

void WritePlan(const security::ChangePlan& plan, google::protobuf::RepeatedPtrField<std::string>& steps,
               v1::PlanRequirements& requirements) {
  steps.Assign(plan.steps.begin(), plan.steps.end());
  requirements.set_machine_must_be_off(plan.machine_must_be_off);
  requirements.set_starts_job(plan.starts_job);
  requirements.set_memory_bytes(plan.memory_bytes);
  requirements.set_disk_bytes(plan.disk_bytes);
}

// What the class declares as a string that holds an instance, as that string.
cim::Value AsText(const cim::Value& value, const InstanceRenderer& render) {
  if (value.is_null()) return cim::Value::Null(cim::CimType::kString, value.is_array());
  if (value.is_array()) {
    std::vector<cim::Value> texts;
    texts.reserve(value.elements().size());
    for (const cim::Value& element : value.elements()) texts.push_back(AsText(element, render));
    return cim::Value::Array(cim::CimType::kString, std::move(texts));
  }
  return value.type() == cim::CimType::kObject ? cim::Value::String(render(*value.object(), nullptr)) : value;
}

void WriteChange(const Call& call, const broker::ChangeResult& result, v1::ChangeInstanceResponse& response) {
  const ServiceIdentity& identity = call.environment.identity;
  WriteHeader(identity, result.revision, *response.mutable_header());
  const std::string& name_space =
      call.context.name_space.empty() ? std::string(broker::kDefaultNamespace) : call.context.name_space;
  response.set_path(ProtoWriter(identity.server_name).PathText(result.path, name_space));
  response.set_replayed(result.replayed);
  if (result.plan.has_value()) WritePlan(*result.plan, *response.mutable_plan(), *response.mutable_plan_requirements());
}

}  // namespace

absl::Status DoGetClass(const Call& call, const v1::GetClassRequest& request, v1::GetClassResponse& response) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const cim::Class> cls,
                   call.environment.broker->GetClass(call.context, request.class_name()));
  const ServiceIdentity& identity = call.environment.identity;
  WriteHeader(identity, call.environment.broker->revision(), *response.mutable_header());
  WriteClass(ProtoWriter(identity.server_name), *cls, *response.mutable_class_());
  if (request.header().representation() == v1::REPRESENTATION_MOF) {
    response.mutable_class_()->set_mof(call.environment.renderers.class_mof(*cls));
  }
  return absl::OkStatus();
}

absl::Status DoGetInstance(const Call& call, const v1::GetInstanceRequest& request, v1::GetInstanceResponse& response) {
  std::vector<std::string> names;
  if (request.has_properties()) {
    names.assign(request.properties().names().begin(), request.properties().names().end());
  }
  ASSIGN_OR_RETURN(
      const broker::InstanceResult result,
      call.environment.broker->GetInstance(call.context, request.path(), request.has_properties() ? &names : nullptr));
  const ServiceIdentity& identity = call.environment.identity;
  WriteHeader(identity, result.revision, *response.mutable_header());
  if (const InstanceRenderer render = ChosenRenderer(request.header(), call.environment.renderers)) {
    response.set_text(render(*result.instance, &result.projection.slots));
  } else {
    ProtoWriter(identity.server_name).Write(*result.instance, result.projection.slots, *response.mutable_instance());
  }
  return absl::OkStatus();
}

absl::Status DoInvokeMethod(const Call& call, const v1::InvokeMethodRequest& request,
                            v1::InvokeMethodResponse& response) {
  broker::InvokeRequest invoke;
  invoke.path = request.path();
  invoke.method = request.method();
  ASSIGN_OR_RETURN(invoke.parameters, ReadNamedValues(call, request.parameters()));
  ASSIGN_OR_RETURN(const broker::InvokeResult result, call.environment.broker->InvokeMethod(call.context, invoke));
  const ServiceIdentity& identity = call.environment.identity;
  const ProtoWriter writer(identity.server_name);
  const InstanceRenderer render = ChosenRenderer(request.header(), call.environment.renderers);
  WriteHeader(identity, result.revision, *response.mutable_header());
  response.set_return_value(result.result.return_value);
  response.set_replayed(result.replayed);
  if (result.plan.has_value()) WritePlan(*result.plan, *response.mutable_plan(), *response.mutable_plan_requirements());
  if (result.result.error != nullptr) writer.Write(*result.result.error, *response.mutable_error());
  const std::vector<cim::Parameter>& parameters = result.method->parameters;
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (!parameters[i].is_out) continue;
    v1::Property& written = *response.add_out_parameters();
    written.set_name(parameters[i].name);
    const cim::Value value = i < result.result.out_parameters.size()
                                 ? result.result.out_parameters[i]
                                 : cim::Value::Null(parameters[i].type, parameters[i].is_array);
    if (render && parameters[i].type == cim::CimType::kString && !parameters[i].embedded_class.empty()) {
      writer.Write(AsText(value, render), result.cls->name_space(), *written.mutable_value());
      continue;
    }
    writer.Write(value, result.cls->name_space(), *written.mutable_value());
  }
  return absl::OkStatus();
}

absl::Status DoCreateInstance(const Call& call, const v1::CreateInstanceRequest& request,
                              v1::ChangeInstanceResponse& response) {
  ASSIGN_OR_RETURN(const broker::InstanceInput input, ReadInput(call, request.instance(), request.text()));
  const broker::CallContext context = InNamespaceOf(call.context, request.instance());
  ASSIGN_OR_RETURN(const broker::ChangeResult result, call.environment.broker->CreateInstance(context, input));
  WriteChange({call.environment, context}, result, response);
  return absl::OkStatus();
}

absl::Status DoModifyInstance(const Call& call, const v1::ModifyInstanceRequest& request,
                              v1::ChangeInstanceResponse& response) {
  ASSIGN_OR_RETURN(broker::InstanceInput input, ReadInput(call, request.instance(), request.text()));
  const broker::CallContext context = InNamespaceOf(call.context, request.instance());
  ASSIGN_OR_RETURN(const broker::ChangeResult result, call.environment.broker->ModifyInstance(context, input));
  WriteChange({call.environment, context}, result, response);
  return absl::OkStatus();
}

absl::Status DoDeleteInstance(const Call& call, const v1::DeleteInstanceRequest& request,
                              v1::ChangeInstanceResponse& response) {
  ASSIGN_OR_RETURN(const broker::ChangeResult result,
                   call.environment.broker->DeleteInstance(call.context, request.path()));
  WriteChange(call, result, response);
  return absl::OkStatus();
}

}  // namespace cimvisor::rpc
