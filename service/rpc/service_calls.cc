// The calls on the service itself.
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"
#include "service/rpc/calls.h"
#include "service/rpc/file_receiver.h"
#include "service/rpc/own_operation.h"
#include "service/security/authorizer.h"

namespace cimvisor::rpc {
namespace {

absl::string_view RoleName(security::Role role) {
  switch (role) {
    case security::Role::kAdministrator:
      return "administrator";
    case security::Role::kReader:
      return "reader";
    case security::Role::kNobody:
      break;
  }
  return "nobody";
}

void WriteHost(const HostFacts& host, v1::HostCapabilities& out) {
  out.set_checked(host.checked);
  out.set_verdict(host.verdict);
  for (const HostProbe& probe : host.probes) {
    v1::Probe& written = *out.add_probes();
    written.set_name(probe.name);
    written.set_passed(probe.passed);
    written.set_detail(probe.detail);
  }
  out.set_processor(host.processor);
  out.set_kernel_release(host.kernel_release);
  out.set_logical_processors(host.logical_processors);
  out.set_memory_bytes(host.memory_bytes);
  out.set_advice(host.advice);
}

}  // namespace

absl::Status DoGetServiceInformation(const Call& call, const v1::GetServiceInformationRequest& request,
                                     v1::GetServiceInformationResponse& response) {
  const Environment& environment = call.environment;
  // To check anew starts guests: an administrator's business.
  RETURN_IF_ERROR(AuthorizeOwn(environment, OwnOperation(call.context.caller, "GetServiceInformation", ""),
                               request.check_host_again() ? security::Right::kAdminister : security::Right::kRead));
  WriteHeader(environment.identity, environment.broker->revision(), *response.mutable_header());
  const ServiceFacts facts = environment.host->Facts();
  response.set_version(facts.version);
  response.set_process_id(static_cast<uint32_t>(getpid()));
  response.set_state_directory(facts.state_directory);
  response.set_runtime_directory(facts.runtime_directory);
  response.set_backend(facts.backend);
  WriteHost(environment.host->Host(request.check_host_again()), *response.mutable_host());
  for (const NamedRoot& root : environment.host->Roots()) {
    v1::Root& written = *response.add_roots();
    written.set_name(root.name);
    written.set_path(root.path);
  }
  response.set_caller(security::CallerText(call.context.caller));
  const absl::string_view role = RoleName(call.context.caller.role);
  response.set_caller_role(role.data(), role.size());
  for (const std::string& notice : facts.notices) response.add_notices(notice);
  return absl::OkStatus();
}

absl::Status DoBackup(const Call& call, const v1::BackupRequest& request, v1::BackupResponse& response) {
  const Environment& environment = call.environment;
  security::Operation operation = OwnOperation(call.context.caller, "Backup", request.file_name());
  RETURN_IF_ERROR(AuthorizeOwn(environment, operation, security::Right::kAdminister));
  RETURN_IF_ERROR(CheckFileName(request.file_name()));
  ASSIGN_OR_RETURN(const StoredFile stored, environment.host->Backup(request.file_name()));
  operation.object = stored.path;
  operation.detail = absl::StrCat(stored.size, " bytes, SHA-256 ", stored.sha256);
  RETURN_IF_ERROR(environment.host->RecordDone(operation));
  WriteHeader(environment.identity, environment.broker->revision(), *response.mutable_header());
  response.set_path(stored.path);
  response.set_size(stored.size);
  response.set_sha256(stored.sha256);
  return absl::OkStatus();
}

}  // namespace cimvisor::rpc
