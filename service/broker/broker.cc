#include "service/broker/broker.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/broker/access.h"
#include "service/broker/association.h"
#include "service/broker/changing_call.h"
#include "service/broker/dependencies.h"
#include "service/broker/event_feeds.h"
#include "service/broker/input.h"
#include "service/broker/names.h"
#include "service/broker/result_stream.h"
#include "service/broker/select.h"
#include "service/broker/subscribe.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"
#include "service/wql/parser.h"

namespace cimvisor::broker {

class Broker::Impl {
 public:
  explicit Impl(BrokerDependencies handed)
      : dependencies(std::move(handed)),
        associations(*dependencies.classes),
        feeds(dependencies),
        own_timer(dependencies.sample_timer == nullptr ? SampleTimer::Create() : nullptr),
        timer(own_timer == nullptr ? *dependencies.sample_timer : *own_timer) {}

  // Nobody without a role gets further: not to a parser, not to the name of a class.
  absl::Status Enter(const CallContext& call, absl::string_view operation, absl::string_view object) const {
    return CheckRight(dependencies, call, security::Right::kRead, operation, object);
  }

  const BrokerDependencies dependencies;
  const AssociationIndex associations;
  EventFeeds feeds;
  const std::unique_ptr<SampleTimer> own_timer;  // null when one was handed in
  SampleTimer& timer;
};

namespace {

AssociationQuery FromWql(const wql::AssociationQuery& parsed) {
  AssociationQuery query;
  query.kind = parsed.kind == wql::AssociationQuery::Kind::kAssociators ? AssociationQuery::Kind::kAssociators
                                                                        : AssociationQuery::Kind::kReferences;
  query.path = parsed.path;
  query.assoc_class = parsed.assoc_class;
  query.result_class = parsed.result_class;
  query.role = parsed.role;
  query.result_role = parsed.result_role;
  query.required_qualifier = parsed.required_qualifier;
  query.required_assoc_qualifier = parsed.required_assoc_qualifier;
  query.class_defs_only = parsed.class_defs_only;
  query.keys_only = parsed.keys_only;
  query.schema_only = parsed.schema_only;
  return query;
}

absl::StatusOr<QuerySummary> RunWql(const BrokerDependencies& dependencies, const AssociationIndex& associations,
                                    const CallContext& call, const std::string& name_space, const QueryRequest& request,
                                    RowSink* sink) {
  if (request.properties.has_value()) {
    return cim::CimError(cim::CimStatus::kInvalidParameter,
                         "a property list is given beside WQL; write it after SELECT, in place of *");
  }
  ASSIGN_OR_RETURN(const wql::Query query, wql::ParseQuery(std::get<std::string>(request.query)));
  if (const auto* select = std::get_if<wql::SelectQuery>(&query.statement))
    return RunSelect(dependencies, call, name_space, *select, query.text, sink);
  return RunAssociation(dependencies, associations, call, name_space,
                        FromWql(std::get<wql::AssociationQuery>(query.statement)), std::nullopt, sink);
}

std::string QueryObject(const QueryRequest& request) {
  if (const auto* text = std::get_if<std::string>(&request.query)) return *text;
  if (const auto* enumerate = std::get_if<EnumerateQuery>(&request.query)) return enumerate->class_name;
  return std::get<AssociationQuery>(request.query).path;
}

}  // namespace

Broker::Broker(BrokerDependencies dependencies) : impl_(std::make_unique<Impl>(std::move(dependencies))) {}
Broker::~Broker() = default;

absl::StatusOr<std::shared_ptr<const cim::Class>> Broker::GetClass(const CallContext& context,
                                                                   absl::string_view class_name) {
  RETURN_IF_ERROR(impl_->Enter(context, "GetClass", class_name));
  RETURN_IF_ERROR(CheckReadCall(context, "GetClass"));
  const cim::ClassRepository& classes = *impl_->dependencies.classes;
  ASSIGN_OR_RETURN(const std::string name_space, ResolveNamespace(classes, context.name_space));
  return classes.Find(name_space, class_name);
}

absl::StatusOr<std::vector<std::shared_ptr<const cim::Class>>> Broker::EnumerateClasses(const CallContext& context,
                                                                                        absl::string_view superclass,
                                                                                        bool direct_only) {
  RETURN_IF_ERROR(impl_->Enter(context, "EnumerateClasses", superclass));
  RETURN_IF_ERROR(CheckReadCall(context, "EnumerateClasses"));
  const cim::ClassRepository& classes = *impl_->dependencies.classes;
  ASSIGN_OR_RETURN(const std::string name_space, ResolveNamespace(classes, context.name_space));
  std::shared_ptr<const cim::Class> root;
  if (!superclass.empty()) {
    ASSIGN_OR_RETURN(root, classes.Find(name_space, superclass));
  }
  std::vector<std::shared_ptr<const cim::Class>> selected;
  for (const auto& cls : classes.Classes(name_space)) {
    if (root != nullptr && (cls == root || !cls->IsA(root->name()))) continue;
    if (direct_only && cls->superclass() != root.get()) continue;
    selected.push_back(cls);
  }
  return selected;
}

absl::StatusOr<InstanceResult> Broker::GetInstance(const CallContext& context, absl::string_view path,
                                                   const std::vector<std::string>* properties) {
  const BrokerDependencies& dependencies = impl_->dependencies;
  RETURN_IF_ERROR(impl_->Enter(context, "GetInstance", path));
  RETURN_IF_ERROR(CheckReadCall(context, "GetInstance"));
  ASSIGN_OR_RETURN(const std::string name_space, ResolveNamespace(*dependencies.classes, context.name_space));
  ASSIGN_OR_RETURN(const ResolvedPath object, ResolvePath(*dependencies.classes, name_space, path));
  RETURN_IF_ERROR(CheckRight(dependencies, context, dependencies.right_for(*object.cls, ""), "GetInstance", path));
  if (object.path.is_class()) {
    return cim::CimError(cim::CimStatus::kInvalidParameter,
                         absl::StrCat("'", path.substr(0, 200), "' is a class; use GetClass"));
  }
  InstanceResult result;
  std::optional<std::vector<std::string>> names;
  if (properties != nullptr) names = *properties;
  ASSIGN_OR_RETURN(result.projection, ProjectProperties(object.cls, names));
  Provider* provider = dependencies.providers->Find(*object.cls);
  if (provider == nullptr) return NoSuchInstance(object.path);
  const ReadContext read = MakeReadContext(dependencies, context);
  ASSIGN_OR_RETURN(result.instance, provider->Get(read, object.cls, object.path, result.projection.requested));
  result.revision = read.read_point->revision();
  return result;
}

absl::StatusOr<QuerySummary> Broker::Query(const CallContext& context, const QueryRequest& request, RowSink& sink) {
  const BrokerDependencies& dependencies = impl_->dependencies;
  RETURN_IF_ERROR(impl_->Enter(context, "Query", QueryObject(request)));
  RETURN_IF_ERROR(CheckReadCall(context, "Query"));
  ASSIGN_OR_RETURN(const std::string name_space, ResolveNamespace(*dependencies.classes, context.name_space));
  RowSink* rows = request.explain ? nullptr : &sink;
  if (const auto* enumerate = std::get_if<EnumerateQuery>(&request.query))
    return RunEnumerate(dependencies, context, name_space, *enumerate, request.properties, rows);
  if (const auto* association = std::get_if<AssociationQuery>(&request.query))
    return RunAssociation(dependencies, impl_->associations, context, name_space, *association, request.properties,
                          rows);
  return RunWql(dependencies, impl_->associations, context, name_space, request, rows);
}

absl::StatusOr<InvokeResult> Broker::InvokeMethod(const CallContext& context, const InvokeRequest& request) {
  RETURN_IF_ERROR(impl_->Enter(context, "InvokeMethod", request.path));
  return RunInvoke(impl_->dependencies, context, request);
}

absl::StatusOr<ChangeResult> Broker::CreateInstance(const CallContext& context, const InstanceInput& input) {
  RETURN_IF_ERROR(impl_->Enter(context, "CreateInstance", input.class_name));
  return RunCreate(impl_->dependencies, context, input);
}

absl::StatusOr<ChangeResult> Broker::ModifyInstance(const CallContext& context, const InstanceInput& input) {
  RETURN_IF_ERROR(impl_->Enter(context, "ModifyInstance", input.path));
  return RunModify(impl_->dependencies, context, input);
}

absl::StatusOr<ChangeResult> Broker::DeleteInstance(const CallContext& context, absl::string_view path) {
  RETURN_IF_ERROR(impl_->Enter(context, "DeleteInstance", path));
  return RunDelete(impl_->dependencies, context, path);
}

absl::StatusOr<std::unique_ptr<Subscription>> Broker::Subscribe(const CallContext& context,
                                                                const SubscribeRequest& request,
                                                                std::function<void()> on_ready) {
  RETURN_IF_ERROR(impl_->Enter(context, "Subscribe", request.wql));
  return RunSubscribe(impl_->dependencies, impl_->feeds, impl_->timer, context, request, std::move(on_ready));
}

absl::StatusOr<std::shared_ptr<const cim::Instance>> Broker::MakeInstance(
    absl::string_view name_space, absl::string_view class_name, const std::vector<NamedValue>& properties) const {
  const cim::ClassRepository& classes = *impl_->dependencies.classes;
  ASSIGN_OR_RETURN(const std::string canonical, ResolveNamespace(classes, name_space));
  return InputReader(classes, canonical).MakeInstance(class_name, properties);
}

const std::string& Broker::server_name() const { return impl_->dependencies.server_name; }

int64_t Broker::revision() const { return impl_->dependencies.read_points->Current()->revision(); }

}  // namespace cimvisor::broker
