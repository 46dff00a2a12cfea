// The broker: routes each operation to the provider that owns the class, after checking the right.
//
// It is what every front end calls. It resolves names, checks rights, parses embedded text, evaluates queries and event
// queries, remembers the outcome of request ids, and has denials audited. Front ends check no rights and evaluate
// nothing.
#ifndef CIMVISOR_SERVICE_BROKER_BROKER_H_
#define CIMVISOR_SERVICE_BROKER_BROKER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/broker/call.h"

namespace cimvisor::broker {

struct BrokerDependencies;  // service/broker/dependencies.h

// Thread-safe. Calls block until they are done or their deadline passes (kDeadlineExceeded) or they are cancelled
// (kCancelled). Errors are absl::Status with a CIM status (service/cim/errors.h).
class Broker {
 public:
  // Everything in `dependencies` outlives the broker.
  explicit Broker(BrokerDependencies dependencies);
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  // CIM_ERR_INVALID_NAMESPACE, CIM_ERR_INVALID_CLASS, CIM_ERR_ACCESS_DENIED.
  absl::StatusOr<std::shared_ptr<const cim::Class>> GetClass(const CallContext& context, absl::string_view class_name);

  // Superclasses before subclasses. `superclass` empty: every class of the namespace. `direct_only`: only its direct
  // subclasses (of the roots, when empty). The superclass itself is not in the result.
  absl::StatusOr<std::vector<std::shared_ptr<const cim::Class>>> EnumerateClasses(const CallContext& context,
                                                                                  absl::string_view superclass,
                                                                                  bool direct_only);

  // `properties` null: all. CIM_ERR_NOT_FOUND, CIM_ERR_NO_SUCH_PROPERTY, CIM_ERR_INVALID_PARAMETER (path).
  absl::StatusOr<InstanceResult> GetInstance(const CallContext& context, absl::string_view path,
                                             const std::vector<std::string>* properties);

  // Streams the rows to `sink`; CIM_ERR_INVALID_QUERY with the place and what was expected.
  absl::StatusOr<QuerySummary> Query(const CallContext& context, const QueryRequest& request, RowSink& sink);

  // The method's own outcome is in the result (return value, out parameters, error instance); the status is the
  // protocol's: CIM_ERR_METHOD_NOT_FOUND, CIM_ERR_INVALID_PARAMETER that names the parameter, …
  absl::StatusOr<InvokeResult> InvokeMethod(const CallContext& context, const InvokeRequest& request);

  absl::StatusOr<ChangeResult> CreateInstance(const CallContext& context, const InstanceInput& input);
  absl::StatusOr<ChangeResult> ModifyInstance(const CallContext& context, const InstanceInput& input);
  absl::StatusOr<ChangeResult> DeleteInstance(const CallContext& context, absl::string_view path);

  // Starts an event query. `on_ready` is called when Take() may give events: from any thread, perhaps before this call
  // returns; it must not block nor call into the subscription.
  absl::StatusOr<std::unique_ptr<Subscription>> Subscribe(const CallContext& context, const SubscribeRequest& request,
                                                          std::function<void()> on_ready);

  // An instance of a class of `name_space` with the properties set (coerced), for front ends that get embedded
  // instances as messages. CIM_ERR_INVALID_CLASS, CIM_ERR_NO_SUCH_PROPERTY, CIM_ERR_TYPE_MISMATCH.
  absl::StatusOr<std::shared_ptr<const cim::Instance>> MakeInstance(absl::string_view name_space,
                                                                    absl::string_view class_name,
                                                                    const std::vector<NamedValue>& properties) const;

  // The __SERVER of every path on the way out.
  const std::string& server_name() const;
  // The last published revision.
  int64_t revision() const;

  class Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_BROKER_H_
