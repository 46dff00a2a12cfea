// Owns a file descriptor and closes it.
#ifndef CIMVISOR_SERVICE_SECURITY_UNIQUE_FD_H_
#define CIMVISOR_SERVICE_SECURITY_UNIQUE_FD_H_

#include <unistd.h>

#include <utility>

namespace cimvisor::security {

// Move-only; -1 is empty.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) Reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~UniqueFd() { Reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  // Gives the descriptor away; the caller closes it.
  [[nodiscard]] int Release() { return std::exchange(fd_, -1); }
  void Reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace cimvisor::security

#endif  // CIMVISOR_SERVICE_SECURITY_UNIQUE_FD_H_
