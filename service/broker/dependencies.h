// What a Broker is handed by the daemon.
#ifndef CIMVISOR_SERVICE_BROKER_DEPENDENCIES_H_
#define CIMVISOR_SERVICE_BROKER_DEPENDENCIES_H_

#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "service/broker/provider.h"
#include "service/broker/registry.h"
#include "service/broker/sample_timer.h"
#include "service/cim/class_repository.h"
#include "service/events/event_hub.h"
#include "service/security/audit_log.h"
#include "service/security/caller.h"
#include "service/security/request_log.h"

namespace cimvisor::broker {

// The right that an operation on a class needs: the row of permissions.txt. `method` is a method's name, or
// "CreateInstance", "ModifyInstance", "DeleteInstance", or empty for reading. kNever for what has no row. Thread-safe.
using RightSource = std::function<security::Right(const cim::Class& cls, absl::string_view method)>;

// Everything outlives the broker and is thread-safe.
struct BrokerDependencies {
  const cim::ClassRepository* classes = nullptr;
  const ProviderRegistry* providers = nullptr;
  const ReadPointSource* read_points = nullptr;
  security::AuditLog* audit_log = nullptr;      // denials
  security::RequestLog* request_log = nullptr;  // request ids of changing calls
  events::EventHub* events = nullptr;           // committed changes
  RightSource right_for;
  std::string server_name;              // __SERVER
  SampleTimer* sample_timer = nullptr;  // for event queries on volatile properties; null: the broker makes its own
};

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_DEPENDENCIES_H_
