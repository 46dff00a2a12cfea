#include "service/console/console_directory.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/cim/class.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"

namespace cimvisor::console {

ConsoleDirectory::ConsoleDirectory(const cim::ClassRepository& classes, AuditSink audit)
    : classes_(classes), audit_(std::move(audit)) {}

absl::Status ConsoleDirectory::Register(absl::string_view name_space, absl::string_view class_name,
                                        ByteStreamSource* source) {
  ASSIGN_OR_RETURN(std::shared_ptr<const cim::Class> cls, classes_.Find(name_space, class_name));
  for (const Entry& entry : entries_) {
    if (entry.cls == cls) {
      return cim::CimError(cim::CimStatus::kAlreadyExists,
                           absl::StrCat(cls->name(), " has a source of byte streams already"));
    }
  }
  entries_.push_back({std::move(cls), source});
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<ByteStream>> ConsoleDirectory::Open(OpenRequest request) {
  const security::Role role = request.caller.role;
  const bool allowed = request.write ? role == security::Role::kAdministrator : role != security::Role::kNobody;
  if (audit_ && (request.write || !allowed)) {
    audit_({request.caller, request.path.RelativeText(), request.write, !allowed});
  }
  if (!allowed) {
    return cim::CimError(cim::CimStatus::kAccessDenied,
                         absl::StrCat(security::CallerText(request.caller), " may not ",
                                      request.write ? "write to " : "read ", request.path.RelativeText(),
                                      request.write ? ": writing to a console needs the role administrator"
                                                    : ": reading a console needs the role reader or administrator"));
  }
  ASSIGN_OR_RETURN(std::shared_ptr<const cim::Class> cls,
                   classes_.Find(request.path.name_space(), request.path.class_name()));
  const Entry* best = nullptr;
  for (const Entry& entry : entries_) {
    if (!absl::EqualsIgnoreCase(entry.cls->name_space(), cls->name_space())) continue;
    if (!cls->IsA(entry.cls->name())) continue;
    if (best == nullptr || entry.cls->IsA(best->cls->name())) best = &entry;
  }
  if (best == nullptr) {
    return cim::CimError(cim::CimStatus::kNotSupported,
                         absl::StrCat(cls->name(),
                                      " has no console; attach to a machine (Msvm_ComputerSystem) or to "
                                      "one of its serial ports (Msvm_SerialPortSettingData)"));
  }
  return best->source->Open(std::move(request));
}

}  // namespace cimvisor::console
