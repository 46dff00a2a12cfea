// What one client of the crash test knows: what was acknowledged, and what was under way when the service died.
#ifndef CIMVISOR_TESTS_CRASH_MODEL_H_
#define CIMVISOR_TESTS_CRASH_MODEL_H_

#include <cstdint>
#include <map>
#include <string>

namespace cimvisor::testing {

enum class Doubt : uint8_t { kNone, kDefine, kRename, kStart, kStop, kDestroy };

struct ModelMachine {
  std::string name;      // acknowledged; unique, since the clients never use a name twice
  std::string new_name;  // with kRename: what it may be
  std::string guid;      // empty while its definition is in doubt
  bool is_running = false;
  int64_t worker_pid = 0;
  Doubt doubt = Doubt::kNone;
};

// By first name. Machines whose destruction was acknowledged are gone from it.
using Model = std::map<std::string, ModelMachine>;

}  // namespace cimvisor::testing

#endif  // CIMVISOR_TESTS_CRASH_MODEL_H_
