// The real service of a measurement, with a client to it.
#ifndef CIMVISOR_TESTS_BENCH_WORLD_H_
#define CIMVISOR_TESTS_BENCH_WORLD_H_

#include <memory>
#include <string>
#include <vector>

#include "clients/cpp/client.h"
#include "tests/bench/measure.h"
#include "tests/end_to_end/process.h"

namespace cimvisor::bench {

// Throws MeasurementFailed when `status` is an error.
void Require(const absl::Status& status, const std::string& what);

class World {
 public:
  // `backend`: that of cimvisord.
  explicit World(std::string backend = "auto");
  ~World();

  // Starts cimvisord and waits for its first answer.
  void Start();
  void Kill();  // SIGKILL
  std::unique_ptr<client::Client> NewClient() const;
  client::Client& client() { return *client_; }
  int pid() const { return service_->pid(); }
  const std::string& folder() const { return folder_.path(); }
  std::string address() const { return "unix:" + folder_.path() + "/run/s"; }
  std::string guest() const { return folder_.path() + "/state/boot/hello"; }

  // Defines a machine; its path. With `kernel`, the small guest.
  std::string Define(client::Client& client, const std::string& name, bool kernel);
  // Defines until there are `count` machines in all, many at a time, so that they share commits.
  void DefineUpTo(int count);
  // RequestStateChange, waiting for the job's end.
  void RequestState(client::Client& client, const std::string& path, uint64_t state);
  int64_t WorkerPid(const std::string& path);

 private:
  bool Accepts() const;
  void TurnOffAll();

  const std::string backend_;
  testing::TemporaryFolder folder_;
  std::unique_ptr<testing::BackgroundProcess> service_;
  std::unique_ptr<client::Client> client_;
  std::string service_path_;
  int defined_ = 0;
};

}  // namespace cimvisor::bench

#endif  // CIMVISOR_TESTS_BENCH_WORLD_H_
