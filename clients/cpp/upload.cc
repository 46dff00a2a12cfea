// Client::Upload.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "clients/cpp/client.h"
#include "clients/cpp/status_macros.h"

namespace cimvisor::client {
namespace {

constexpr size_t kUploadChunk = 1 << 20;

}  // namespace

absl::StatusOr<std::string> Client::Upload(const std::string& local_path, const std::string& root,
                                           const std::string& name, bool replace) {
  const int file = open(local_path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return absl::NotFoundError(absl::StrCat("cannot read the local file ", local_path, ": ", std::strerror(errno)));
  }
  grpc::ClientContext context;
  Prepare(context, options_.deadline * 10);
  cimvisor::v1::UploadResponse response;
  const auto writer = objects_->Upload(&context, &response);
  cimvisor::v1::UploadRequest request;
  FillHeader(request.mutable_header());
  request.set_root(root);
  request.set_name(name);
  request.set_replace(replace);
  struct stat local;
  if (fstat(file, &local) == 0 && S_ISREG(local.st_mode)) request.set_size(static_cast<uint64_t>(local.st_size));
  bool open_stream = writer->Write(request);
  std::string chunk(kUploadChunk, '\0');
  absl::Status read_error;
  while (open_stream) {
    const ssize_t bytes = read(file, chunk.data(), chunk.size());
    if (bytes < 0) read_error = absl::InternalError(absl::StrCat("reading ", local_path, ": ", std::strerror(errno)));
    if (bytes <= 0) break;
    cimvisor::v1::UploadRequest data;
    data.set_data(chunk.data(), static_cast<size_t>(bytes));
    open_stream = writer->Write(data);
  }
  close(file);
  if (!read_error.ok()) {
    context.TryCancel();
    writer->Finish();
    return read_error;
  }
  writer->WritesDone();
  RETURN_IF_ERROR(ToStatus(writer->Finish()));
  return response.path();
}

}  // namespace cimvisor::client
