#include "service/rpc/acceptor.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cimvisor::rpc {
namespace {

constexpr int kWaitWhenExhausted = 200;  // milliseconds

}  // namespace

Acceptor::Acceptor(security::UniqueFd listener, std::function<void(security::UniqueFd)> on_connection, LogFunction log)
    : listener_(std::move(listener)),
      stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      on_connection_(std::move(on_connection)),
      log_(std::move(log)),
      thread_([this] { Run(); }) {}

Acceptor::~Acceptor() {
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

bool Acceptor::Wait(int milliseconds, bool for_connection) {
  pollfd polled[] = {{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
  if (poll(polled, for_connection ? 2 : 1, milliseconds) < 0 && errno != EINTR) return false;
  return polled[0].revents == 0;
}

void Acceptor::Run() {
  while (Wait(-1, true)) {
    security::UniqueFd connection(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (connection.valid()) {
      on_connection_(std::move(connection));
      continue;
    }
    const int error = errno;
    // Errors of the connection itself, which is gone (accept(2)); the next one may be fine.
    if (error == EAGAIN || error == EINTR || error == ECONNABORTED || error == EPERM || error == EPROTO) continue;
    if (log_) log_(LogLevel::kError, "", absl::StrCat("a connection cannot be accepted: ", std::strerror(error)));
    if (!Wait(kWaitWhenExhausted, false)) return;
  }
}

}  // namespace cimvisor::rpc
