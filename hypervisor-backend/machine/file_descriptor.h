// A file descriptor that closes itself.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_MACHINE_FILE_DESCRIPTOR_H_
#define CIMVISOR_HYPERVISOR_BACKEND_MACHINE_FILE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace cimvisor::machine {

// Owns a descriptor, or none (-1). Not thread-safe.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      Close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~FileDescriptor() { Close(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

}  // namespace cimvisor::machine

#endif  // CIMVISOR_HYPERVISOR_BACKEND_MACHINE_FILE_DESCRIPTOR_H_
