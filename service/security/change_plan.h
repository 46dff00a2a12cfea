// What a dry run of a change found: the broker asks for it, and whoever would make the change fills it.
#ifndef CIMVISOR_SERVICE_SECURITY_CHANGE_PLAN_H_
#define CIMVISOR_SERVICE_SECURITY_CHANGE_PLAN_H_

#include <cstdint>
#include <string>
#include <vector>

namespace cimvisor::security {

struct ChangePlan {
  std::vector<std::string> steps;    // what would be done, in its order, a sentence each; empty: nobody planned
  bool machine_must_be_off = false;  // the change is refused while the machine runs, also where it is off now
  bool starts_job = false;           // the call would return a job that does the steps
  uint64_t memory_bytes = 0;         // of the host, that the change takes
  uint64_t disk_bytes = 0;           // of the host's disks, beside the database
};

}  // namespace cimvisor::security

#endif  // CIMVISOR_SERVICE_SECURITY_CHANGE_PLAN_H_
