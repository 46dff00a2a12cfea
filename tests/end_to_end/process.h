// Starting real programs from tests.
#ifndef CIMVISOR_TESTS_END_TO_END_PROCESS_H_
#define CIMVISOR_TESTS_END_TO_END_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace cimvisor::testing {

struct CommandResult {
  int exit_code = -1;  // 128 + signal when it died by one
  std::string output;
  std::string errors;
};

// Runs a program to its end, with `input` on its standard input; killed after `limit`.
CommandResult RunCommand(const std::vector<std::string>& arguments, const std::string& input = "",
                         absl::Duration limit = absl::Seconds(60), const std::vector<std::string>& environment = {});

// A program that runs beside the test; killed and reaped when the object goes.
class BackgroundProcess {
 public:
  // Its output goes to the file `log`.
  BackgroundProcess(const std::vector<std::string>& arguments, const std::string& log,
                    const std::vector<std::string>& environment = {});
  ~BackgroundProcess();
  BackgroundProcess(const BackgroundProcess&) = delete;
  BackgroundProcess& operator=(const BackgroundProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool IsRunning();
  // Sends the signal and waits for the end; the exit code as in CommandResult, -1 when it did not end within `limit`.
  int Signal(int signal, absl::Duration limit = absl::Seconds(30));
  // Waits for the end without a signal.
  int Wait(absl::Duration limit);

 private:
  pid_t pid_ = -1;
  int exit_code_ = -1;
  bool reaped_ = false;
};

// The value of a line of /proc/PID/status ("Seccomp"); "" when the process or the line is not there.
std::string ProcessStatus(pid_t pid, const std::string& field);
bool ProcessExists(pid_t pid);

// True when somebody accepts connections on the unix socket.
bool AcceptsConnections(const std::string& socket_path);

std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& content);

// An empty folder below $TMPDIR or /tmp, removed with everything in it when the object goes.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace cimvisor::testing

#endif  // CIMVISOR_TESTS_END_TO_END_PROCESS_H_
