#include "service/broker/select.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/broker/access.h"
#include "service/broker/result_stream.h"
#include "service/broker/schema_select.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"
#include "service/wql/hints.h"
#include "service/wql/planner.h"
#include "service/wql/prefilter.h"
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

std::vector<LookupHint> ForProvider(const std::vector<wql::Hint>& hints) {
  std::vector<LookupHint> result;
  result.reserve(hints.size());
  for (const wql::Hint& hint : hints) result.push_back(LookupHint{hint.slot, hint.value, hint.is_prefix});
  return result;
}

bool HasIndex(const Provider& provider, const cim::Class& cls, const std::vector<LookupHint>& hints) {
  return std::any_of(hints.begin(), hints.end(), [&](const LookupHint& hint) { return provider.HasIndex(cls, hint); });
}

// Counts what it drops as looked at; the sink counts the others.
class Sieve : public RowFilter {
 public:
  Sieve(const wql::Prefilter& prefilter, ResultStream& stream) : prefilter_(prefilter), stream_(stream) {}
  Verdict Decide(const cim::ScalarRow& row) override {
    if (prefilter_.MayMatch(row)) return Verdict::kMake;
    return stream_.Examine() ? Verdict::kSkip : Verdict::kStop;
  }

 private:
  const wql::Prefilter& prefilter_;
  ResultStream& stream_;
};

// One class of the FROM, read from its provider.
class ClassReader {
 public:
  ClassReader(const wql::SelectPlan& plan, Provider& provider, const ReadContext& context,
              std::shared_ptr<const cim::Class> cls, ResultStream& stream)
      : plan_(plan),
        provider_(provider),
        context_(context),
        cls_(std::move(cls)),
        stream_(stream),
        prefilter_(plan.filter) {}

  // By look-ups where the provider has an index for them, else all of the class. `steps` may be null.
  absl::Status Read(std::vector<std::string>* steps) {
    if (HasIndex(provider_, *cls_, ForProvider(plan_.hints))) return ReadAll(steps);
    std::vector<std::vector<LookupHint>> lookups;
    for (const std::vector<wql::Hint>& alternative : plan_.alternatives) {
      lookups.push_back(ForProvider(alternative));
      if (!HasIndex(provider_, *cls_, lookups.back())) return ReadAll(steps);
    }
    if (lookups.empty()) return ReadAll(steps);
    for (size_t i = 0; i < lookups.size() && !stream_.ended(); ++i) {
      if (steps != nullptr)
        steps->push_back(absl::StrCat(cls_->name(), ": ", wql::LookupText(*cls_, plan_.alternatives[i])));
      RETURN_IF_ERROR(Enumerate(std::move(lookups[i]), i));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status ReadAll(std::vector<std::string>* steps) {
    std::vector<LookupHint> hints = ForProvider(plan_.hints);
    if (steps != nullptr) {
      const bool indexed = HasIndex(provider_, *cls_, hints);
      steps->push_back(
          absl::StrCat(cls_->name(), ": ", indexed ? wql::LookupText(*cls_, plan_.hints) : "read all instances"));
    }
    return Enumerate(std::move(hints), std::nullopt);
  }

  // `alternative`: which of the plan's is read. A row belongs to the first that it meets, so it comes once, also where
  // a provider gives more than it was asked for.
  absl::Status Enumerate(std::vector<LookupHint> hints, std::optional<size_t> alternative) {
    const Projection& projection = stream_.ProjectionFor(cls_, [&](const auto& of) { return ProjectionOf(plan_, of); });
    EnumerateRequest request;
    request.cls = cls_;
    request.properties = projection.requested;
    request.hints = std::move(hints);
    Sieve sieve(prefilter_, stream_);
    if (!prefilter_.empty()) request.filter = &sieve;
    return provider_.Enumerate(context_, request, [&](std::shared_ptr<const cim::Instance> instance) {
      if (!stream_.Examine()) return false;
      // The filter reads by slot: an instance of another class would be misread.
      if (&instance->cls() != cls_.get()) {
        stream_.Fail(absl::InternalError(
            absl::StrCat("the provider of ", cls_->name(), " gave an instance of ", instance->cls().name())));
        return false;
      }
      if (alternative.has_value() && FirstMet(*instance) != *alternative) return true;
      return !plan_.filter.Matches(*instance) || stream_.Send(std::move(instance), projection);
    });
  }

  size_t FirstMet(const cim::Instance& instance) const {
    size_t i = 0;
    while (i < plan_.alternatives.size() && !wql::MeetsHints(instance, plan_.alternatives[i])) ++i;
    return i;
  }

  const wql::SelectPlan& plan_;
  Provider& provider_;
  const ReadContext& context_;
  const std::shared_ptr<const cim::Class> cls_;
  ResultStream& stream_;
  const wql::Prefilter prefilter_;
};

// `where`: the condition, for explanations; null: none.
absl::StatusOr<QuerySummary> Run(const BrokerDependencies& dependencies, const CallContext& call,
                                 const wql::SelectPlan& plan, bool exact_class, const wql::Expression* where,
                                 RowSink* sink) {
  const cim::Class& from = *plan.from;
  RETURN_IF_ERROR(CheckRight(dependencies, call, dependencies.right_for(from, ""), "Query", from.name()));
  const ReadContext context = MakeReadContext(dependencies, call);
  ResultStream stream(call, sink, context.read_point->revision());
  stream.Start();
  std::vector<std::string> steps;
  std::vector<std::string>* const explain = sink == nullptr ? &steps : nullptr;
  for (const auto& cls : dependencies.classes->WithSubclasses(from)) {
    if (stream.ended()) break;
    if (exact_class && cls.get() != &from) continue;
    Provider* provider = cls->is_abstract() ? nullptr : dependencies.providers->Find(*cls);
    if (provider == nullptr || !wql::CanSelect(plan.filter, *cls) || !MayRead(dependencies, call.caller, *cls))
      continue;
    RETURN_IF_ERROR(ClassReader(plan, *provider, context, cls, stream).Read(explain));
    RETURN_IF_ERROR(stream.status());
  }
  QuerySummary summary = stream.Summary();
  if (explain == nullptr) return summary;
  if (steps.empty()) steps.push_back(absl::StrCat("no class of ", from.name(), " can have such instances"));
  if (where != nullptr) steps.push_back(absl::StrCat("keep rows where ", where->Text()));
  summary.steps = std::move(steps);
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
  return Run(dependencies, call, plan, /*exact_class=*/false, select.where.has_value() ? &*select.where : nullptr,
             sink);
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
  return Run(dependencies, call, plan, query.exact_class, nullptr, sink);
}

}  // namespace cimvisor::broker
