// Runs the service until a signal ends it.
#ifndef CIMVISOR_SERVICE_DAEMON_SERVICE_LOOP_H_
#define CIMVISOR_SERVICE_DAEMON_SERVICE_LOOP_H_

#include "service/daemon/command_line.h"

namespace cimvisor::daemon {

// Each returns the exit code of the program.
int RunService(const CommandLine& command_line, Settings settings);
int RunRestore(const CommandLine& command_line, const Settings& settings);
int RunCheckHost(const Settings& settings);

}  // namespace cimvisor::daemon

#endif  // CIMVISOR_SERVICE_DAEMON_SERVICE_LOOP_H_
