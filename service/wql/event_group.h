// The GROUP clause of an event query: which events are counted together, and which counts are told.
#ifndef CIMVISOR_SERVICE_WQL_EVENT_GROUP_H_
#define CIMVISOR_SERVICE_WQL_EVENT_GROUP_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/cim/class.h"
#include "service/cim/instance.h"
#include "service/wql/ast.h"
#include "service/wql/compiler.h"
#include "service/wql/filter.h"

namespace cimvisor::wql {

// Semantics: Windows SDK, "GROUP Clause". A group begins with its first event and lasts `within_seconds`; then it is
// told as one __AggregateEvent, if the HAVING selects that. Immutable; safe to share between threads.
class EventGroup {
 public:
  // `targets` are the classes that a TargetInstance may have; empty for events without one. Errors as CompileFilter.
  static absl::StatusOr<EventGroup> Compile(const GroupClause& clause, absl::string_view query_text,
                                            const cim::Class& event_class,
                                            const std::vector<std::shared_ptr<const cim::Class>>& targets,
                                            const CompileContext& context);

  // Events with equal keys are counted together. Strings are equal whatever their case, as everywhere in WQL.
  std::string KeyOf(const Frame& frame) const;
  // `aggregate` is an instance of aggregate_class().
  bool Selects(const cim::Instance& aggregate) const { return having_.Matches(aggregate); }
  // __AggregateEvent.
  const std::shared_ptr<const cim::Class>& aggregate_class() const { return aggregate_class_; }
  double within_seconds() const { return within_seconds_; }

 private:
  // A property of the event, of its TargetInstance or of its PreviousInstance.
  struct Part {
    OperandSource::From from = OperandSource::From::kRow;
    std::string property;
  };

  double within_seconds_ = 0;
  std::vector<Part> parts_;
  std::shared_ptr<const cim::Class> aggregate_class_;
  Filter having_;
};

}  // namespace cimvisor::wql

#endif  // CIMVISOR_SERVICE_WQL_EVENT_GROUP_H_
