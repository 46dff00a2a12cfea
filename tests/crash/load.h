// The load of the crash test: a client that defines, renames, starts, stops and destroys its own machines until the
// service dies.
#ifndef CIMVISOR_TESTS_CRASH_LOAD_H_
#define CIMVISOR_TESTS_CRASH_LOAD_H_

#include <memory>
#include <random>
#include <string>

#include "clients/cpp/client.h"
#include "tests/crash/model.h"

namespace cimvisor::testing {

class LoadClient {
 public:
  // `number` makes its names its own; `kernel` is the server's path of the small guest.
  LoadClient(int number, std::string server, std::string kernel, uint32_t seed);

  // Connects anew and works until the service does not answer any more or `most_operations` are done. An error other
  // than the service's death is returned: it is a finding.
  absl::Status Run(int most_operations);

  Model& model() { return model_; }
  int acknowledged() const { return acknowledged_; }

 private:
  absl::Status Step();
  absl::Status Define();
  absl::Status Rename(ModelMachine& machine);
  absl::Status ChangeState(ModelMachine& machine, bool on);
  absl::Status Destroy(ModelMachine& machine);
  absl::StatusOr<client::InvokeResult> Call(const std::string& path, const std::string& method,
                                            const std::vector<client::Property>& parameters);

  int number_;
  std::string server_;
  std::string kernel_;
  std::mt19937 random_;
  std::unique_ptr<client::Client> client_;
  std::string service_path_;
  Model model_;
  int names_ = 0;
  int acknowledged_ = 0;
};

}  // namespace cimvisor::testing

#endif  // CIMVISOR_TESTS_CRASH_LOAD_H_
