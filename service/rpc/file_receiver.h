// A file that a client uploads: written beside its place, then moved there, so that nobody ever sees half of it.
#ifndef CIMVISOR_SERVICE_RPC_FILE_RECEIVER_H_
#define CIMVISOR_SERVICE_RPC_FILE_RECEIVER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/rpc/host_services.h"
#include "service/security/unique_fd.h"

namespace cimvisor::rpc {

// kInvalidArgument unless `name` is a plain file name: 1 to 200 bytes, no slash, no control character, no leading dot.
absl::Status CheckFileName(absl::string_view name);

// Used by one thread at a time. Destroying it before Finish leaves nothing behind.
class FileReceiver {
 public:
  // A new file for `name` in `folder`. kAlreadyExists when it is there and may not be replaced; kInvalidArgument for a
  // name that is none; kResourceExhausted on a full disk.
  static absl::StatusOr<std::unique_ptr<FileReceiver>> Create(const std::string& folder, const std::string& name,
                                                              bool replace, uint64_t limit);
  ~FileReceiver();
  FileReceiver(const FileReceiver&) = delete;
  FileReceiver& operator=(const FileReceiver&) = delete;

  // kResourceExhausted past the limit or on a full disk.
  absl::Status Append(absl::string_view bytes);

  // Makes it durable (fsync of the file, rename, fsync of the folder). kAlreadyExists when somebody was faster.
  absl::StatusOr<StoredFile> Finish();

  uint64_t size() const { return size_; }

 private:
  class Digest;
  FileReceiver(std::string folder, std::string name, bool replace, uint64_t limit);

  const std::string folder_;
  const std::string name_;
  const bool replace_;
  const uint64_t limit_;
  std::string temporary_;  // its name in the folder, while it is there
  security::UniqueFd folder_fd_;
  security::UniqueFd file_;
  std::unique_ptr<Digest> digest_;
  uint64_t size_ = 0;
};

// Removes what uploads that were cut by the end of the service left in `folder`. For the start of the service.
void RemoveStaleUploads(const std::string& folder);

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_FILE_RECEIVER_H_
