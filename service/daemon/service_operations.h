// The service's own operations for the front end: facts, backups, and the audit of what the front end does itself.
#ifndef CIMVISOR_SERVICE_DAEMON_SERVICE_OPERATIONS_H_
#define CIMVISOR_SERVICE_DAEMON_SERVICE_OPERATIONS_H_

#include <string>
#include <utility>
#include <vector>

#include "hypervisor-backend/machine/hypervisor.h"
#include "service/daemon/host_check.h"
#include "service/rpc/host_services.h"
#include "service/security/audit_log.h"
#include "service/security/rooted_path.h"
#include "service/store/store.h"

namespace cimvisor::daemon {

// Everything outlives it. Thread-safe.
class ServiceOperations : public rpc::HostServices {
 public:
  ServiceOperations(store::Store& store, security::AuditLog& audit, HostCheck& host_check,
                    std::vector<security::Root> roots, rpc::ServiceFacts facts)
      : store_(store), audit_(audit), host_check_(host_check), roots_(std::move(roots)), facts_(std::move(facts)) {}

  rpc::ServiceFacts Facts() const override { return facts_; }
  std::vector<rpc::NamedRoot> Roots() const override;
  rpc::HostFacts Host(bool again) override;
  absl::StatusOr<rpc::StoredFile> Backup(const std::string& file_name) override;
  absl::Status RecordDone(const security::Operation& operation) override;
  absl::Status RecordDenied(const security::Operation& operation, absl::string_view reason) override;

 private:
  store::Store& store_;
  security::AuditLog& audit_;
  HostCheck& host_check_;
  const std::vector<security::Root> roots_;
  const rpc::ServiceFacts facts_;
};

// `checked` false: the first check still runs.
rpc::HostFacts ToHostFacts(const machine::HostCapabilities& host, bool checked);

}  // namespace cimvisor::daemon

#endif  // CIMVISOR_SERVICE_DAEMON_SERVICE_OPERATIONS_H_
