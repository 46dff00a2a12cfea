#include "service/broker/schema_select.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "service/broker/access.h"
#include "service/broker/result_stream.h"
#include "service/cim/status_macros.h"
#include "service/cim/system_properties.h"
#include "service/wql/compiler.h"
#include "service/wql/query_error.h"

namespace cimvisor::broker {
namespace {

absl::StatusOr<Projection> Columns(const wql::SelectQuery& select, absl::string_view query_text) {
  if (select.columns.empty()) return ClassRows();
  Projection projection;
  for (const wql::PropertyName& column : select.columns) {
    const cim::SystemPropertyRow* const row =
        column.parts.size() == 1 ? cim::FindSystemProperty(column.Text()) : nullptr;
    if (row == nullptr) {
      return wql::QueryError(
          query_text, column.offset,
          absl::StrCat("'", column.Text(), "': a query over meta_class gives system properties (__CLASS, ...), or *"));
    }
    const int slot = cim::SystemColumn(row->property);
    if (std::find(projection.slots.begin(), projection.slots.end(), slot) == projection.slots.end())
      projection.slots.push_back(slot);
  }
  return projection;
}

}  // namespace

absl::StatusOr<QuerySummary> RunSchemaSelect(const BrokerDependencies& dependencies, const CallContext& call,
                                             absl::string_view name_space, const wql::SelectQuery& select,
                                             absl::string_view query_text, RowSink* sink) {
  ASSIGN_OR_RETURN(const Projection projection, Columns(select, query_text));
  wql::Filter filter;
  if (select.where.has_value()) {
    wql::Scope scope;
    scope.schema_name_space = std::string(name_space);
    ASSIGN_OR_RETURN(filter, wql::CompileFilter(*select.where, query_text, scope,
                                                wql::CompileContext{dependencies.classes, dependencies.server_name}));
  }
  ResultStream stream(call, sink, dependencies.read_points->Current()->revision());
  stream.Start();
  for (const auto& cls : dependencies.classes->Classes(name_space)) {
    if (!stream.Examine()) break;
    if (filter.Matches(*cls)) stream.SendDefinition(cls, projection);
  }
  RETURN_IF_ERROR(stream.status());
  QuerySummary summary = stream.Summary();
  summary.steps.push_back(absl::StrCat("read the classes of ", name_space));
  if (select.where.has_value()) summary.steps.push_back(absl::StrCat("keep those where ", select.where->Text()));
  return summary;
}

}  // namespace cimvisor::broker
