#include "service/broker/select.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/broker/access.h"
#include "service/broker/result_stream.h"
#include "service/broker/schema_select.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"
#include "service/wql/planner.h"
#include "service/wql/query_error.h"

namespace cimvisor::broker {
namespace {

// The columns of one class of the result.
Projection ProjectionOf(const wql::SelectPlan& plan, const std::shared_ptr<const cim::Class>& cls) {
  if (plan.all_columns) return WholeClass(cls);
  Projection projection;
  projection.cls = cls;
  projection.slots = plan.columns;
  projection.requested = plan.requested;
  return projection;
}

absl::Status Enumerate(Provider& provider, const ReadContext& context, const std::shared_ptr<const cim::Class>& cls,
                       const wql::SelectPlan& plan, ResultStream& stream) {
  const Projection& projection = stream.ProjectionFor(cls, [&](const auto& of) { return ProjectionOf(plan, of); });
  EnumerateRequest request;
  request.cls = cls;
  request.properties = projection.requested;
  for (const wql::Hint& hint : plan.hints) request.hints.push_back(LookupHint{hint.slot, hint.value, hint.is_prefix});
  return provider.Enumerate(context, request, [&](std::shared_ptr<const cim::Instance> instance) {
    if (!stream.Examine()) return false;
    // The filter reads by slot: an instance of another class would be misread.
    if (&instance->cls() != cls.get()) {
      stream.Fail(absl::InternalError(
          absl::StrCat("the provider of ", cls->name(), " gave an instance of ", instance->cls().name())));
      return false;
    }
    return !plan.filter.Matches(*instance) || stream.Send(std::move(instance), projection);
  });
}

absl::StatusOr<QuerySummary> Run(const BrokerDependencies& dependencies, const CallContext& call,
                                 const wql::SelectPlan& plan, bool exact_class, RowSink* sink) {
  const cim::Class& from = *plan.from;
  RETURN_IF_ERROR(CheckRight(dependencies, call, dependencies.right_for(from, ""), "Query", from.name()));
  const ReadContext context = MakeReadContext(dependencies, call);
  ResultStream stream(call, sink, context.read_point->revision());
  stream.Start();
  std::vector<std::string> asked;
  for (const auto& cls : dependencies.classes->WithSubclasses(from)) {
    if (stream.ended()) break;
    if (exact_class && cls.get() != &from) continue;
    if (!plan.only_class.empty() && !absl::EqualsIgnoreCase(cls->name(), plan.only_class)) continue;
    Provider* provider = cls->is_abstract() ? nullptr : dependencies.providers->Find(*cls);
    if (provider == nullptr || !MayRead(dependencies, call.caller, *cls)) continue;
    asked.push_back(cls->name());
    RETURN_IF_ERROR(Enumerate(*provider, context, cls, plan, stream));
    RETURN_IF_ERROR(stream.status());
  }
  QuerySummary summary = stream.Summary();
  summary.steps = plan.explanation;
  summary.steps.push_back(asked.empty() ? "no class of these has instances"
                                        : absl::StrCat("ask the providers of ", absl::StrJoin(asked, ", ")));
  return summary;
}

}  // namespace

absl::StatusOr<QuerySummary> RunSelect(const BrokerDependencies& dependencies, const CallContext& call,
                                       absl::string_view name_space, const wql::SelectQuery& select,
                                       absl::string_view query_text, RowSink* sink) {
  if (select.IsEventQuery())
    return wql::QueryError(query_text, select.class_offset, "a query of events belongs to Subscribe");
  if (select.IsSchemaQuery()) return RunSchemaSelect(dependencies, call, name_space, select, query_text, sink);
  ASSIGN_OR_RETURN(std::shared_ptr<const cim::Class> from, dependencies.classes->Find(name_space, select.class_name));
  ASSIGN_OR_RETURN(const wql::SelectPlan plan,
                   wql::PlanSelect(select, query_text, std::move(from),
                                   wql::CompileContext{dependencies.classes, dependencies.server_name}));
  return Run(dependencies, call, plan, /*exact_class=*/false, sink);
}

absl::StatusOr<QuerySummary> RunEnumerate(const BrokerDependencies& dependencies, const CallContext& call,
                                          absl::string_view name_space, const EnumerateQuery& query,
                                          const std::optional<std::vector<std::string>>& properties, RowSink* sink) {
  wql::SelectPlan plan;
  ASSIGN_OR_RETURN(plan.from, dependencies.classes->Find(name_space, query.class_name));
  if (properties.has_value()) {
    ASSIGN_OR_RETURN(Projection projection, ProjectProperties(plan.from, properties));
    plan.all_columns = false;
    plan.columns = std::move(projection.slots);
    plan.requested = std::move(projection.requested);
  }
  plan.explanation.push_back(
      absl::StrCat("read instances of ", plan.from->name(), query.exact_class ? " alone" : " and its subclasses"));
  return Run(dependencies, call, plan, query.exact_class, sink);
}

}  // namespace cimvisor::broker
