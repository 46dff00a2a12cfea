#include "service/broker/result_stream.h"

#include <numeric>
#include <utility>

#include "service/broker/access.h"
#include "service/cim/status_macros.h"
#include "service/cim/system_properties.h"
#include "service/wql/planner.h"

namespace cimvisor::broker {
namespace {

// How many instances may pass between two looks at the clock.
constexpr uint64_t kExaminedPerCheck = 32;

}  // namespace

ResultStream::ResultStream(const CallContext& call, RowSink* sink, int64_t revision)
    : call_(call), sink_(sink), revision_(revision) {}

void ResultStream::Start() {
  if (sink_ != nullptr) sink_->OnStart(revision_);
}

const Projection& ResultStream::ProjectionFor(
    const std::shared_ptr<const cim::Class>& cls,
    absl::FunctionRef<Projection(const std::shared_ptr<const cim::Class>&)> make) {
  std::unique_ptr<Projection>& projection = projections_[cls.get()];
  if (projection == nullptr) projection = std::make_unique<Projection>(make(cls));
  return *projection;
}

bool ResultStream::Examine() {
  if (examined_++ % kExaminedPerCheck == 0) Fail(CheckAlive(call_));
  return !ended_;
}

bool ResultStream::Send(std::shared_ptr<const cim::Instance> instance, const Projection& projection) {
  if (ended_) return false;
  ++returned_;
  if (sink_ != nullptr && !sink_->OnRow(Row{std::move(instance), &projection, nullptr})) ended_ = true;
  return !ended_;
}

bool ResultStream::SendDefinition(std::shared_ptr<const cim::Class> cls, const Projection& projection) {
  if (ended_) return false;
  ++returned_;
  if (sink_ != nullptr && !sink_->OnRow(Row{nullptr, &projection, std::move(cls)})) ended_ = true;
  return !ended_;
}

void ResultStream::Fail(absl::Status status) {
  if (status.ok() || ended_) return;
  ended_ = true;
  status_ = std::move(status);
}

QuerySummary ResultStream::Summary() const {
  QuerySummary summary;
  summary.revision = revision_;
  summary.rows_examined = examined_;
  summary.rows_returned = returned_;
  return summary;
}

Projection ClassRows() {
  Projection projection;
  for (const cim::SystemPropertyRow& row : cim::SystemProperties())
    projection.slots.push_back(cim::SystemColumn(row.property));
  projection.whole_definitions = true;
  return projection;
}

Projection WholeClass(const std::shared_ptr<const cim::Class>& cls) {
  Projection projection;
  projection.cls = cls;
  projection.slots.resize(cls->properties().size());
  std::iota(projection.slots.begin(), projection.slots.end(), 0);
  return projection;
}

absl::StatusOr<Projection> ProjectProperties(const std::shared_ptr<const cim::Class>& cls,
                                             const std::optional<std::vector<std::string>>& names,
                                             bool ignore_unknown) {
  if (!names.has_value()) return WholeClass(cls);
  std::vector<std::string> known;
  for (const std::string& name : *names) {
    if (!ignore_unknown || cls->FindProperty(name) >= 0 || wql::IsSystemProperty(name)) known.push_back(name);
  }
  Projection projection;
  projection.cls = cls;
  ASSIGN_OR_RETURN(projection.slots, wql::ResolvePropertyList(*cls, known));
  projection.requested = cim::PropertySet::Of(projection.slots);
  for (const int slot : cls->key_slots()) projection.requested.Add(slot);
  return projection;
}

}  // namespace cimvisor::broker
