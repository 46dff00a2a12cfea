// What a provider of classes implements, and what it is told about each operation.
//
// The broker resolves names, checks rights, parses embedded text and evaluates queries; a provider sees resolved
// classes, instances and typed values only. Providers are called on many threads at once.
#ifndef CIMVISOR_SERVICE_BROKER_PROVIDER_H_
#define CIMVISOR_SERVICE_BROKER_PROVIDER_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/cim/class_repository.h"
#include "service/cim/instance.h"
#include "service/cim/scalar.h"
#include "service/security/operation.h"
#include "service/store/store.h"

namespace cimvisor::broker {

// One point in time of everything that providers publish. Held for one operation and dropped by its deadline.
class ReadPoint {
 public:
  virtual ~ReadPoint() = default;
  virtual int64_t revision() const = 0;
};

// Where read points come from: the domain publishes immutable snapshots.
class ReadPointSource {
 public:
  virtual ~ReadPointSource() = default;
  virtual std::shared_ptr<const ReadPoint> Current() const = 0;
};

struct ReadContext {
  security::Caller caller;
  std::shared_ptr<const ReadPoint> read_point;
  absl::Time deadline = absl::InfiniteFuture();
  std::function<bool()> cancelled;  // empty: never
};

// Takes one instance; false: stop, the reader has enough (not an error).
using InstanceSink = absl::FunctionRef<bool(std::shared_ptr<const cim::Instance>)>;

// An equality or prefix condition that the planner found and a provider may use to look up rather than scan. The broker
// evaluates the whole WHERE again on what it gets, so using it is never wrong and never needed. Strings are meant
// without regard to (ASCII) case; a look-up that minds case must not be used.
struct LookupHint {
  int slot = -1;
  cim::Value value;
  bool is_prefix = false;  // string value is a prefix (LIKE 'Microsoft:GUID%')
};

// Asked of a row before its instance is made. Used by the thread of the enumeration.
class RowFilter {
 public:
  enum class Verdict : uint8_t {
    kMake,  // it may be selected: make it and give it to the sink
    kSkip,
    kStop,  // the enumeration ends, as when the sink returns false
  };
  virtual ~RowFilter() = default;
  virtual Verdict Decide(const cim::ScalarRow& row) = 0;
};

struct EnumerateRequest {
  std::shared_ptr<const cim::Class> cls;  // exactly this class: the broker asks once for each subclass
  cim::PropertySet properties;
  std::vector<LookupHint> hints;  // all must hold
  // Null, or what spares a provider rows that the broker would throw away. Using it is never needed; a provider that
  // does tells in ScalarRow exactly what the instance would have.
  RowFilter* filter = nullptr;
};

struct MethodCall {
  std::shared_ptr<const cim::Class> cls;
  const cim::Method* method = nullptr;
  cim::ObjectPath path;
  // By place in method->parameters; null for absent and for out parameters. Coerced to their types; embedded text is
  // objects.
  std::vector<cim::Value> parameters;
};

struct MethodResult {
  uint32_t return_value = 0;
  std::vector<cim::Value> out_parameters;      // by place in method->parameters
  std::shared_ptr<const cim::Instance> error;  // an Msvm_Error when it failed
};

// Bytes of a method's result for security::Operation::outcome; the broker reads them when the request id comes again
// (outcome.h has the format).
std::string SerializeOutcome(const cim::Method& method, const MethodResult& result);

// The same for Provider::Create. For Modify and Delete the broker has set it before it calls the provider.
std::string SerializePathOutcome(const cim::ObjectPath& path);

// The four changing calls are given the security::Operation that they belong to, and honour all of it: they record it
// in the transaction of the change; a change of what has another revision than operation.expected_revision allows is
// refused with a security::Conflict; and where operation.plan is set they check everything, fill the plan, and change
// nothing.
class Provider {
 public:
  virtual ~Provider() = default;

  // Calls `sink` for each instance of exactly `request.cls`. Values outside `request.properties` may be null.
  virtual absl::Status Enumerate(const ReadContext& context, const EnumerateRequest& request, InstanceSink sink) = 0;

  // True when Enumerate with this hint looks up rather than reads all instances of the class: what it costs then
  // depends on how many instances meet the hint. Default: no.
  virtual bool HasIndex(const cim::Class& cls, const LookupHint& hint) const;

  // The instance at `path` (its class is `cls`), or CIM_ERR_NOT_FOUND. Default: Enumerate with the keys as hints.
  virtual absl::StatusOr<std::shared_ptr<const cim::Instance>> Get(const ReadContext& context,
                                                                   const std::shared_ptr<const cim::Class>& cls,
                                                                   const cim::ObjectPath& path,
                                                                   const cim::PropertySet& properties);

  // For an association class: calls `sink` for each of its instances whose end in `role_slot` is `object`. Default:
  // Enumerate with the end as hint.
  virtual absl::Status References(const ReadContext& context, const std::shared_ptr<const cim::Class>& association,
                                  int role_slot, const cim::ObjectPath& object, InstanceSink sink);

  // Default: CIM_ERR_METHOD_NOT_AVAILABLE… A provider that lacks a method returns 32770 (or 1) with an Msvm_Error
  // instead.
  virtual absl::StatusOr<MethodResult> Invoke(const ReadContext& context, security::Operation& operation,
                                              MethodCall call);

  // Default of the three: CIM_ERR_NOT_SUPPORTED that names the class.
  virtual absl::StatusOr<cim::ObjectPath> Create(const ReadContext& context, security::Operation& operation,
                                                 const cim::Instance& instance);
  virtual absl::Status Modify(const ReadContext& context, security::Operation& operation, const cim::ObjectPath& path,
                              const cim::Instance& instance);
  virtual absl::Status Delete(const ReadContext& context, security::Operation& operation, const cim::ObjectPath& path);
};

// One change as a namespace sees it. For a creation `previous` is null, for a deletion `target` is what was. kOccurred
// is an extrinsic event: `extrinsic` alone, an instance of a class below __ExtrinsicEvent, whose TIME_CREATED the
// broker sets.
struct RenderedEvent {
  store::JournalEntry::Kind kind = store::JournalEntry::Kind::kModified;
  std::shared_ptr<const cim::Instance> target;
  std::shared_ptr<const cim::Instance> previous;
  std::shared_ptr<cim::Instance> extrinsic = nullptr;
};

// Turns journal entries into events of one namespace. Thread-safe.
class EventRenderer {
 public:
  virtual ~EventRenderer() = default;
  virtual std::vector<RenderedEvent> Render(const store::JournalEntry& entry) const = 0;
};

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_PROVIDER_H_
