// GetInstance beside a bare echo; enumeration beside libvirt and beside one bare message.
#include <atomic>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/figures.h"
#include "tests/bench/libvirt_peer.h"
#include "tests/bench/world.h"
#include "tests/end_to_end/service_fixture.h"

namespace cimvisor::bench {
namespace {

using client::Client;

constexpr char kAllMachines[] = "SELECT * FROM Msvm_ComputerSystem";

std::unique_ptr<Client> Connect(const std::string& address) {
  client::ClientOptions options;
  options.connection.server = address;
  auto client = Client::Connect(options);
  Require(client.status(), "connecting");
  return *std::move(client);
}

// The median time of one call, in seconds.
double Latency(Client& client, const std::string& path, int calls) {
  std::vector<double> times;
  for (int i = 0; i < calls; ++i) {
    times.push_back(Seconds([&] { Require(client.GetInstance(path).status(), "GetInstance"); }));
  }
  return Median(std::move(times));
}

// Calls per second of 8 clients.
double Throughput(const std::string& address, const std::string& path, int calls) {
  constexpr int kClients = 8;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(Connect(address));
    Require(clients.back()->GetInstance(path).status(), "GetInstance");
  }
  std::atomic<int> left = calls;
  const double seconds = Seconds([&] {
    OnThreads(kClients, [&](int thread) {
      Client& client = *clients[static_cast<size_t>(thread)];
      while (left.fetch_sub(1) > 0) Require(client.GetInstance(path).status(), "GetInstance");
    });
  });
  return calls / seconds;
}

int CountRows(Client& client, const std::string& wql) {
  int rows = 0;
  Require(client.Query(wql,
                       [&](const client::Instance&) {
                         ++rows;
                         return true;
                       }),
          wql);
  return rows;
}

// What the echo server answers with: one real instance, and the rows of all machines in one message.
void RecordAnswers(Client& client, const std::string& path, const std::string& folder) {
  cimvisor::v1::GetInstanceResponse instance;
  const auto real = client.GetInstance(path);
  Require(real.status(), "GetInstance");
  *instance.mutable_instance() = *real;
  testing::WriteFile(folder + "/instance", instance.SerializeAsString());
  cimvisor::v1::QueryResponse rows;
  Require(client.QueryResponses(kAllMachines,
                                [&](const cimvisor::v1::QueryResponse& response) {
                                  rows.MergeFrom(response);
                                  return true;
                                }),
          kAllMachines);
  testing::WriteFile(folder + "/rows", rows.SerializeAsString());
}

}  // namespace

void MeasureReads(const Plan& plan, std::vector<Row>& rows) {
  World world;
  world.Start();
  const int thousand = plan.Count(1000);
  world.DefineUpTo(thousand);
  const std::string path = world.Define(world.client(), "read me", false);
  RecordAnswers(world.client(), path, world.folder());
  const std::string echo_socket = world.folder() + "/echo";
  const testing::BackgroundProcess echo({absl::StrCat(CIMVISOR_BUILD_DIR, "/tests/bench_echo"), echo_socket,
                                         world.folder() + "/instance", world.folder() + "/rows"},
                                        world.folder() + "/echo.log");
  const std::unique_ptr<Client> peer = Connect("unix:" + echo_socket);
  testing::Eventually([&] { return peer->GetInstance(path).ok(); });

  const int calls = plan.Count(3000);
  rows.push_back(MeasurePairs(
      "GetInstance of a machine, 1 client", "s", "bare gRPC echo of the same message", plan.pairs, {2.0, true},
      [&] { return Latency(world.client(), path, calls); }, [&] { return Latency(*peer, path, calls); }));
  rows.push_back(MeasurePairs(
      "GetInstance of a machine, 8 clients", "calls/s", "bare gRPC echo of the same message", plan.pairs, {0.6, false},
      [&] { return Throughput(world.address(), path, calls * 4); },
      [&] { return Throughput("unix:" + echo_socket, path, calls * 4); }));
  const auto enumerate = [&] { return Seconds([&] { CountRows(world.client(), kAllMachines); }); };
  rows.push_back(MeasurePairs(absl::StrCat("enumerate ", thousand, " machines, all properties"), "s",
                              "the same rows in one bare message", plan.pairs, {3.0, true}, enumerate,
                              [&] { return Seconds([&] { CountRows(*peer, kAllMachines); }); }));
  LibvirtPeer libvirt(world.guest());
  libvirt.Start();
  libvirt.DefineUpTo(thousand);
  rows.push_back(MeasurePairs(absl::StrCat("enumerate ", thousand, " machines, all properties"), "s",
                              "libvirt getAllDomainStats of as many", plan.pairs, {1.0 / 3, true}, enumerate,
                              [&] { return Seconds([&] { libvirt.AllStatistics(); }); }));
  World few;
  few.Start();
  few.DefineUpTo(thousand);
  world.DefineUpTo(thousand * 10);
  libvirt.DefineUpTo(thousand * 10);
  rows.push_back(MeasurePairs(absl::StrCat("enumerate ", thousand * 10, " machines, all properties"), "s",
                              "libvirt getAllDomainStats of as many", plan.pairs, {0.2, true}, enumerate,
                              [&] { return Seconds([&] { libvirt.AllStatistics(); }); }));
  rows.push_back(MeasurePairs(absl::StrCat("enumerate ", thousand * 10, " beside ", thousand), "s",
                              "the same of as many fewer", plan.pairs, {12, true}, enumerate,
                              [&] { return Seconds([&] { CountRows(few.client(), kAllMachines); }); }));
}

}  // namespace cimvisor::bench
