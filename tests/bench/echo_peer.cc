#include "tests/bench/echo_peer.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bench/world.h"
#include "tests/end_to_end/service_fixture.h"

namespace cimvisor::bench {

EchoPeer::EchoPeer(client::Client& real, const std::string& wql) {
  cimvisor::v1::QueryResponse rows;
  Require(real.QueryResponses(wql,
                              [&](const cimvisor::v1::QueryResponse& response) {
                                rows.MergeFrom(response);
                                return true;
                              }),
          wql);
  testing::WriteFile(folder_.path() + "/instance", "");
  testing::WriteFile(folder_.path() + "/rows", rows.SerializeAsString());
  const std::string socket = folder_.path() + "/echo";
  server_ = std::make_unique<testing::BackgroundProcess>(
      std::vector<std::string>{absl::StrCat(CIMVISOR_BUILD_DIR, "/tests/bench_echo"), socket,
                               folder_.path() + "/instance", folder_.path() + "/rows"},
      folder_.path() + "/echo.log");
  testing::Eventually([&] { return testing::AcceptsConnections(socket); });
  client::ClientOptions options;
  options.connection.server = "unix:" + socket;
  auto client = client::Client::Connect(options);
  Require(client.status(), "connecting to the echo");
  client_ = *std::move(client);
  Require(client_->QueryAll(wql).status(), "the echo");
}

}  // namespace cimvisor::bench
