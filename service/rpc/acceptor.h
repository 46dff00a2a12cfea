// Accepts connections on a listening socket and hands them on.
#ifndef CIMVISOR_SERVICE_RPC_ACCEPTOR_H_
#define CIMVISOR_SERVICE_RPC_ACCEPTOR_H_

#include <functional>
#include <thread>

#include "service/rpc/environment.h"
#include "service/security/unique_fd.h"

namespace cimvisor::rpc {

// One thread. When descriptors or memory run out it says so and waits a moment, instead of spinning.
class Acceptor {
 public:
  // `on_connection` is called on the acceptor's thread with each connection (non-blocking, close-on-exec).
  Acceptor(security::UniqueFd listener, std::function<void(security::UniqueFd)> on_connection, LogFunction log);
  // Stops accepting and joins the thread; connections in the queue are closed by the kernel.
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

 private:
  void Run();
  // Waits for `milliseconds` (-1: for ever) or a connection; false: the acceptor ends.
  bool Wait(int milliseconds, bool for_connection);

  const security::UniqueFd listener_;
  const security::UniqueFd stop_;  // eventfd(2)
  const std::function<void(security::UniqueFd)> on_connection_;
  const LogFunction log_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_ACCEPTOR_H_
