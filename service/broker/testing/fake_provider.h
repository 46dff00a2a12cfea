// A provider over a list of instances, which counts what it is asked; and a read point that is a number.
#ifndef CIMVISOR_SERVICE_BROKER_TESTING_FAKE_PROVIDER_H_
#define CIMVISOR_SERVICE_BROKER_TESTING_FAKE_PROVIDER_H_

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "service/broker/provider.h"
#include "service/store/store.h"

namespace cimvisor::broker::testing {

class FakeReadPoints : public ReadPointSource {
 public:
  std::shared_ptr<const ReadPoint> Current() const override { return std::make_shared<Point>(revision.load()); }
  std::atomic<int64_t> revision{7};

 private:
  class Point : public ReadPoint {
   public:
    explicit Point(int64_t at) : at_(at) {}
    int64_t revision() const override { return at_; }

   private:
    const int64_t at_;
  };
};

class FakeProvider : public Provider {
 public:
  absl::Status Enumerate(const ReadContext&, const EnumerateRequest& request, InstanceSink sink) override {
    ++enumerations;
    last_request = request;
    for (const auto& instance : instances) {
      if (!sink(instance)) break;
    }
    return absl::OkStatus();
  }

  bool HasIndex(const cim::Class&, const LookupHint& hint) const override {
    return std::find(indexed_slots.begin(), indexed_slots.end(), hint.slot) != indexed_slots.end();
  }

  absl::Status References(const ReadContext& context, const std::shared_ptr<const cim::Class>& association,
                          int role_slot, const cim::ObjectPath& object, InstanceSink sink) override {
    ++lookups;
    if (!indexed_by_end) return Provider::References(context, association, role_slot, object, sink);
    for (const auto& instance : instances) {
      const cim::Value& end = instance->value(role_slot);
      if (!end.is_null() && end.reference() == object && !sink(instance)) break;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<MethodResult> Invoke(const ReadContext& context, security::Operation& operation,
                                      MethodCall call) override {
    ++invocations;
    last_parameters = call.parameters;
    last_operation = operation;
    if (!invoke) return Provider::Invoke(context, operation, std::move(call));
    return invoke(operation, call);
  }

  absl::Status Delete(const ReadContext& context, security::Operation& operation,
                      const cim::ObjectPath& path) override {
    if (!remove) return Provider::Delete(context, operation, path);
    return remove(operation, path);
  }

  absl::StatusOr<cim::ObjectPath> Create(const ReadContext& context, security::Operation& operation,
                                         const cim::Instance& instance) override {
    if (!create) return Provider::Create(context, operation, instance);
    return create(operation, instance);
  }

  absl::Status Modify(const ReadContext& context, security::Operation& operation, const cim::ObjectPath& path,
                      const cim::Instance& instance) override {
    if (!modify) return Provider::Modify(context, operation, path, instance);
    return modify(operation, path, instance);
  }

  std::vector<std::shared_ptr<const cim::Instance>> instances;
  bool indexed_by_end = true;
  std::vector<int> indexed_slots;
  std::function<absl::StatusOr<MethodResult>(security::Operation&, const MethodCall&)> invoke;
  std::function<absl::Status(security::Operation&, const cim::ObjectPath&)> remove;
  std::function<absl::StatusOr<cim::ObjectPath>(security::Operation&, const cim::Instance&)> create;
  std::function<absl::Status(security::Operation&, const cim::ObjectPath&, const cim::Instance&)> modify;

  int enumerations = 0;
  int lookups = 0;
  std::atomic<int> invocations{0};
  EnumerateRequest last_request;
  std::vector<cim::Value> last_parameters;
  security::Operation last_operation;
};

}  // namespace cimvisor::broker::testing

#endif  // CIMVISOR_SERVICE_BROKER_TESTING_FAKE_PROVIDER_H_
