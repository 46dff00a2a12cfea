#include "service/daemon/service_operations.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"
#include "service/security/unique_fd.h"

namespace cimvisor::daemon {
namespace {

// Size and SHA-256 of a file that was just written.
absl::StatusOr<rpc::StoredFile> Describe(const std::string& path) {
  const security::UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!file.valid()) return absl::UnavailableError(absl::StrCat("cannot read ", path, ": ", std::strerror(errno)));
  EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr);
  rpc::StoredFile stored;
  stored.path = path;
  std::vector<char> buffer(1 << 16);
  while (true) {
    const ssize_t count = read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return absl::UnavailableError(absl::StrCat("cannot read ", path, ": ", std::strerror(errno)));
    if (count == 0) break;
    EVP_DigestUpdate(digest.get(), buffer.data(), static_cast<size_t>(count));
    stored.size += static_cast<uint64_t>(count);
  }
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(digest.get(), bytes, &size);
  stored.sha256 = absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(bytes), size));
  return stored;
}

}  // namespace

rpc::HostFacts ToHostFacts(const machine::HostCapabilities& host, bool checked) {
  rpc::HostFacts facts;
  facts.checked = checked;
  facts.verdict = std::string(machine::HostVerdictName(host.verdict));
  for (const machine::ProbeResult& probe : host.probes)
    facts.probes.push_back({probe.name, probe.passed, probe.detail});
  facts.processor = host.processor;
  facts.kernel_release = host.kernel_release;
  facts.logical_processors = host.logical_processors;
  facts.memory_bytes = host.memory_bytes;
  facts.advice = host.advice;
  return facts;
}

std::vector<rpc::NamedRoot> ServiceOperations::Roots() const {
  std::vector<rpc::NamedRoot> roots;
  for (const security::Root& root : roots_) roots.push_back({root.name, root.path});
  return roots;
}

rpc::HostFacts ServiceOperations::Host(bool again) {
  if (again) return ToHostFacts(host_check_.CheckAgain(), true);
  const std::optional<machine::HostCapabilities> current = host_check_.Current();
  return ToHostFacts(current.value_or(machine::HostCapabilities()), current.has_value());
}

absl::StatusOr<rpc::StoredFile> ServiceOperations::Backup(const std::string& file_name) {
  for (const security::Root& root : roots_) {
    if (root.name != "exports") continue;
    const std::string path = absl::StrCat(root.path, "/", file_name);
    struct stat existing;
    if (lstat(path.c_str(), &existing) == 0) {
      return absl::AlreadyExistsError(absl::StrCat(path, " is there already; a backup overwrites nothing"));
    }
    RETURN_IF_ERROR(store_.Backup(path));
    return Describe(path);
  }
  return absl::FailedPreconditionError("no root `exports` is configured, where backups would go");
}

absl::Status ServiceOperations::RecordDone(const security::Operation& operation) {
  store::Change change;
  change.write = [&operation](store::Transaction& transaction) { return operation.Record(transaction); };
  return store_.Commit(std::move(change)).status();
}

absl::Status ServiceOperations::RecordDenied(const security::Operation& operation, absl::string_view reason) {
  return audit_.Denied(operation, reason);
}

}  // namespace cimvisor::daemon
