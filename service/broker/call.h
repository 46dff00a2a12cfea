// What travels with every call of the broker, and the rows and events that come back.
#ifndef CIMVISOR_SERVICE_BROKER_CALL_H_
#define CIMVISOR_SERVICE_BROKER_CALL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "service/broker/provider.h"
#include "service/cim/class.h"
#include "service/cim/instance.h"
#include "service/cim/object_path.h"
#include "service/cim/value.h"
#include "service/security/caller.h"
#include "service/security/change_plan.h"

namespace cimvisor::broker {

// The namespace of a call that names none.
inline constexpr char kDefaultNamespace[] = "root/virtualization/v2";

enum class Mode : uint8_t {
  kDo,
  kPlan,  // changing calls only: validate and say what would be done; a request id is neither looked up nor used up
};

// What every request carries. `name_space` is taken in any spelling; a full path in a request overrides it.
struct CallContext {
  security::Caller caller;
  std::string name_space;  // empty: kDefaultNamespace
  std::string request_id;  // changing calls only; scoped to the caller
  int64_t expected_revision = 0;
  Mode mode = Mode::kDo;
  absl::Time deadline = absl::InfiniteFuture();
  std::function<bool()> cancelled;  // empty: never; called often, from the calling thread
};

// A property or parameter as a client names it: any case; the broker finds it and coerces the value. An embedded
// instance is a value of type object, or a string with MOF or CIM-XML text.
using NamedValue = std::pair<std::string, cim::Value>;

// Which properties of a class the caller asked for. One object per class of a result, alive until the call returns.
struct Projection {
  std::shared_ptr<const cim::Class> cls;
  // To send: slots and system columns (service/cim/system_properties.h), in the order asked for (a property list) or of
  // the class (all). Rows that are classes have system columns only.
  std::vector<int> slots;
  cim::PropertySet requested;      // what a provider fills: the slots, the keys, and what the WHERE needs
  bool whole_definitions = false;  // rows that are classes come with their whole declaration
};

// An instance, or, of a query over the schema, a class.
struct Row {
  std::shared_ptr<const cim::Instance> instance;
  const Projection* projection = nullptr;
  std::shared_ptr<const cim::Class> definition = nullptr;  // null: an instance
};

// Takes the rows of a query on the calling thread. OnRow may block while the reader is slow (back-pressure).
class RowSink {
 public:
  virtual ~RowSink() = default;
  // Once, before the first row, after the query was accepted: the revision that is read.
  virtual void OnStart(int64_t revision) = 0;
  // False: the reader wants no more; the query ends without error.
  virtual bool OnRow(const Row& row) = 0;
};

struct EnumerateQuery {
  std::string class_name;
  bool exact_class = false;  // without subclasses
};

// ASSOCIATORS OF or REFERENCES OF {path}; empty filters select everything. A class filter matches subclasses too.
struct AssociationQuery {
  enum class Kind : uint8_t { kAssociators, kReferences };
  Kind kind = Kind::kAssociators;
  std::string path;
  std::string assoc_class;  // associators only
  std::string result_class;
  std::string role;         // the end that `path` is at
  std::string result_role;  // associators only: the end that the result is at
  // As in WQL: a qualifier that the result's class, and that the association's class, must have (and not be FALSE).
  std::string required_qualifier;
  std::string required_assoc_qualifier;  // associators only
  // At most one of them: the classes of the results; only the keys of the results; `path` is a class, and the results
  // are the classes that the schema associates with it.
  bool class_defs_only = false;
  bool keys_only = false;
  bool schema_only = false;
};

struct QueryRequest {
  std::variant<std::string, EnumerateQuery, AssociationQuery> query;  // a string is WQL
  std::optional<std::vector<std::string>> properties;                 // not with WQL; unset: all
  bool explain = false;                                               // the plan in place of rows
};

struct QuerySummary {
  int64_t revision = 0;
  std::vector<std::string> steps;  // the plan, in words
  uint64_t rows_examined = 0;      // instances that providers handed over
  uint64_t rows_returned = 0;
};

struct InstanceResult {
  std::shared_ptr<const cim::Instance> instance;
  Projection projection;
  int64_t revision = 0;
};

struct InvokeRequest {
  std::string path;  // an instance, or a class for a static method
  std::string method;
  std::vector<NamedValue> parameters;
};

struct InvokeResult {
  std::shared_ptr<const cim::Class> cls;  // owns `method`
  const cim::Method* method = nullptr;
  MethodResult result;  // out parameters by place in method->parameters
  bool replayed = false;
  std::optional<security::ChangePlan> plan;  // of Mode::kPlan; `result` is the refusal, or 0 with null out parameters
  int64_t revision = 0;
};

// An instance from a client: by class and properties, or as text (MOF or CIM-XML).
struct InstanceInput {
  std::string path;  // ModifyInstance: which one; empty: from the key properties
  std::string class_name;
  std::vector<NamedValue> properties;
  std::string text;  // in place of class_name and properties
};

struct ChangeResult {
  cim::ObjectPath path;
  bool replayed = false;
  std::optional<security::ChangePlan> plan;  // of Mode::kPlan
  int64_t revision = 0;
};

struct SubscribeRequest {
  std::string wql;
  std::optional<int64_t> after_revision;  // unset: from now
  // With after_revision: of that revision, events with a higher Event::index are delivered too. Unset: none of them.
  std::optional<uint32_t> after_index = std::nullopt;
};

// An event that a subscription selected. `event` is an __InstanceModificationEvent (…) with TargetInstance and, where
// there is one, PreviousInstance as objects; an extrinsic event; or, for a query with GROUP, an __AggregateEvent. The
// revision and index of the last one taken, given to a later Subscribe, go on without a gap and without a repeat.
struct Event {
  int64_t revision = 0;  // of the commit; 0 for a sampled event, of a query on volatile properties
  uint32_t index = 0;    // place among the events of the revision: rises, with gaps
  absl::Time time;
  std::shared_ptr<const cim::Instance> event;
  std::vector<int> slots;  // of `event`, to send
};

// A running event query. Costs no thread. Ends before the broker does. Take() is called by one thread at a time;
// destroying it ends it, and waits for a notification that is running.
class Subscription {
 public:
  virtual ~Subscription() = default;
  // Every event of a later revision is delivered, once and in order. Of a sampled query: what the first sample read.
  virtual int64_t start_revision() const = 0;
  // At most `limit` events. Empty: none now; `on_ready` is called (once) when there may be more. A reader that falls
  // behind is fed from the journal, so that memory is bounded and nothing is lost. An error ends the subscription:
  // kOutOfRange when the journal no longer reaches back so far, CIM_ERR_ACCESS_DENIED when the right is gone.
  virtual absl::StatusOr<std::vector<Event>> Take(size_t limit) = 0;
};

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_CALL_H_
