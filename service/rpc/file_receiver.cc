#include "service/rpc/file_receiver.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <random>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"

namespace cimvisor::rpc {
namespace {

constexpr size_t kMaximumNameBytes = 200;  // NAME_MAX is 255; the temporary name is longer
constexpr char kTemporaryPrefix[] = ".cimvisor-upload-";
constexpr mode_t kFileMode = 0640;

absl::Status Failed(absl::string_view what, absl::string_view path) {
  const int error = errno;
  const std::string message = absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(error));
  if (error == ENOSPC || error == EDQUOT) {
    return absl::ResourceExhaustedError(absl::StrCat(message, "; free some space there and upload again"));
  }
  if (error == EEXIST)
    return absl::AlreadyExistsError(absl::StrCat(path, " is there already; replace it, or choose another name"));
  if (error == EACCES || error == EPERM || error == EROFS) return absl::PermissionDeniedError(message);
  return absl::UnavailableError(message);
}

std::string RandomName() {
  std::random_device random;
  return absl::StrCat(kTemporaryPrefix, absl::Hex((uint64_t{random()} << 32) | random(), absl::kZeroPad16));
}

}  // namespace

class FileReceiver::Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_, EVP_sha256(), nullptr); }
  ~Digest() { EVP_MD_CTX_free(context_); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  void Update(absl::string_view bytes) { EVP_DigestUpdate(context_, bytes.data(), bytes.size()); }
  std::string Finish() {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_, bytes, &size);
    return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(bytes), size));
  }

 private:
  EVP_MD_CTX* context_;
};

absl::Status CheckFileName(absl::string_view name) {
  if (name.empty() || name.size() > kMaximumNameBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a file name has 1 to ", kMaximumNameBytes, " bytes; this one has ", name.size()));
  }
  for (const char c : name) {
    if (c == '/' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", absl::CHexEscape(name), "\" is no plain file name: no slashes and no control characters"));
    }
  }
  if (name.front() == '.') {
    return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" is no plain file name: it starts with a dot"));
  }
  return absl::OkStatus();
}

FileReceiver::FileReceiver(std::string folder, std::string name, bool replace, uint64_t limit)
    : folder_(std::move(folder)), name_(std::move(name)), replace_(replace), limit_(limit) {}

FileReceiver::~FileReceiver() {
  if (!temporary_.empty()) unlinkat(folder_fd_.get(), temporary_.c_str(), 0);
}

absl::StatusOr<std::unique_ptr<FileReceiver>> FileReceiver::Create(const std::string& folder, const std::string& name,
                                                                   bool replace, uint64_t limit) {
  RETURN_IF_ERROR(CheckFileName(name));
  auto receiver = std::unique_ptr<FileReceiver>(new FileReceiver(folder, name, replace, limit));
  receiver->folder_fd_.Reset(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!receiver->folder_fd_.valid()) return Failed("open", folder);
  struct stat existing;
  if (fstatat(receiver->folder_fd_.get(), name.c_str(), &existing, AT_SYMLINK_NOFOLLOW) == 0) {
    errno = EEXIST;
    if (!replace) return Failed("upload", absl::StrCat(folder, "/", name));
    if (!S_ISREG(existing.st_mode)) {
      return absl::InvalidArgumentError(
          absl::StrCat(folder, "/", name, " is no regular file and is not replaced; choose another name"));
    }
  }
  std::string temporary = RandomName();
  receiver->file_.Reset(openat(receiver->folder_fd_.get(), temporary.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (!receiver->file_.valid()) return Failed("write in", folder);
  receiver->temporary_ = std::move(temporary);
  receiver->digest_ = std::make_unique<Digest>();
  return receiver;
}

absl::Status FileReceiver::Append(absl::string_view bytes) {
  if (bytes.size() > limit_ - size_) {
    return absl::ResourceExhaustedError(absl::StrCat("an upload may have at most ", limit_, " bytes"));
  }
  digest_->Update(bytes);
  size_ += bytes.size();
  while (!bytes.empty()) {
    const ssize_t written = write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("write in", folder_);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::StatusOr<StoredFile> FileReceiver::Finish() {
  if (fsync(file_.get()) != 0) return Failed("make durable a file in", folder_);
  const std::string path = absl::StrCat(folder_, "/", name_);
  if (renameat2(folder_fd_.get(), temporary_.c_str(), folder_fd_.get(), name_.c_str(),
                replace_ ? 0 : RENAME_NOREPLACE) != 0) {
    return Failed("name", path);
  }
  temporary_.clear();
  if (fsync(folder_fd_.get()) != 0) return Failed("make durable", folder_);
  return StoredFile{path, size_, digest_->Finish()};
}

void RemoveStaleUploads(const std::string& folder) {
  DIR* entries = opendir(folder.c_str());
  if (entries == nullptr) return;
  while (const dirent* entry = readdir(entries)) {
    if (absl::StartsWith(entry->d_name, kTemporaryPrefix)) unlinkat(dirfd(entries), entry->d_name, 0);
  }
  closedir(entries);
}

}  // namespace cimvisor::rpc
