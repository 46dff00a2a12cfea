// The floor of the API's figures as a running process: see echo_server.cc.
#ifndef CIMVISOR_TESTS_BENCH_ECHO_PEER_H_
#define CIMVISOR_TESTS_BENCH_ECHO_PEER_H_

#include <memory>
#include <string>

#include "clients/cpp/client.h"
#include "tests/end_to_end/process.h"

namespace cimvisor::bench {

// Answers every query with what `real` answers to `wql` now, in one bare message.
class EchoPeer {
 public:
  EchoPeer(client::Client& real, const std::string& wql);
  client::Client& client() { return *client_; }

 private:
  testing::TemporaryFolder folder_;
  std::unique_ptr<testing::BackgroundProcess> server_;
  std::unique_ptr<client::Client> client_;
};

}  // namespace cimvisor::bench

#endif  // CIMVISOR_TESTS_BENCH_ECHO_PEER_H_
