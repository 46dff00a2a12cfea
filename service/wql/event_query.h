// A SELECT over events: intrinsic ones (__InstanceCreationEvent, …), compiled for each class of instances that it can
// select, and extrinsic ones (classes below __ExtrinsicEvent), which have properties of their own.
#ifndef CIMVISOR_SERVICE_WQL_EVENT_QUERY_H_
#define CIMVISOR_SERVICE_WQL_EVENT_QUERY_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/cim/class.h"
#include "service/cim/instance.h"
#include "service/wql/ast.h"
#include "service/wql/compiler.h"
#include "service/wql/event_group.h"
#include "service/wql/filter.h"
#include "service/wql/hints.h"

namespace cimvisor::wql {

// Immutable; safe to share between threads.
class EventQuery {
 public:
  // `event_class` is the resolved class of the FROM. Errors as CompileFilter; a TargetInstance.X must be a property of
  // at least one class that the query can select.
  static absl::StatusOr<EventQuery> Compile(const SelectQuery& select, absl::string_view query_text,
                                            std::shared_ptr<const cim::Class> event_class,
                                            const CompileContext& context);

  // True when an event of this class, about these instances (null: there is none), is selected. An extrinsic event has
  // neither; it is selected by a FROM of its class or a superclass.
  bool Matches(const cim::Instance& event, const cim::Instance* target, const cim::Instance* previous) const;

  // False: no event about an instance of this class can match, so that it need not be made at all.
  bool SelectsClass(const cim::Class& target_class) const {
    return !about_instances_ || filters_.contains(&target_class);
  }
  // True when events of `event_class` (such as __InstanceCreationEvent) are selected by the FROM.
  bool SelectsEventClass(const cim::Class& event_class) const { return event_class.IsA(event_class_->name()); }

  // The class after TargetInstance ISA in the WHERE's top-level ANDs; null when there is none.
  const std::shared_ptr<const cim::Class>& target_class() const { return target_class_; }
  const std::shared_ptr<const cim::Class>& event_class() const { return event_class_; }
  // Properties that the WHERE reads and whose change makes no event (Cimvisor_Volatile), by name.
  const std::vector<std::string>& volatile_properties() const { return volatile_properties_; }
  // The event's columns by name; empty: all. What is no property of the event is one of its TargetInstance, and that
  // is in the list.
  const std::vector<std::string>& columns() const { return columns_; }
  double within_seconds() const { return within_seconds_; }
  // The GROUP clause; null when there is none.
  const EventGroup* group() const { return group_.has_value() ? &*group_ : nullptr; }
  // Conditions on keys that every selected TargetInstance of this class meets: keys do not change, so that it can be
  // looked up by them before and after a change.
  std::vector<Hint> KeyHints(const cim::Class& target_class) const;

 private:
  absl::Status CompileWithoutInstances(const SelectQuery& select, absl::string_view query_text,
                                       const CompileContext& context);

  std::shared_ptr<const cim::Class> event_class_;
  bool about_instances_ = true;  // only events with a TargetInstance are selected
  Filter event_filter_;          // otherwise
  std::optional<EventGroup> group_;
  std::shared_ptr<const cim::Class> target_class_;
  std::vector<std::shared_ptr<const cim::Class>> classes_;  // keeps the keys of filters_ alive
  absl::flat_hash_map<const cim::Class*, Filter> filters_;  // one for each class that can be selected
  std::vector<std::string> volatile_properties_;
  std::vector<std::string> columns_;
  double within_seconds_ = 0;
};

}  // namespace cimvisor::wql

#endif  // CIMVISOR_SERVICE_WQL_EVENT_QUERY_H_
